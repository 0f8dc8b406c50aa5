"""The proofs before production: each finds what is wrong with a release, and blames no release for a broken machine."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from fakes.served_releases import PARAMETERS, small_parameters
from fakes.small_bundle import make_small_bundle, small_capability
from fakes.small_help_desk import POLICY, PROMPT

from roadworthy.digest import digest_bytes, digest_file, digest_files
from roadworthy.errors import DataError, RoadworthyError, Unavailable, UsageError
from roadworthy.modelling.schema import FeatureSchema
from roadworthy.readiness.documentation import DOCUMENTATION, NEEDED
from roadworthy.readiness.interface import Finding, Proof, Subject
from roadworthy.readiness.proofs import PROOFS
from roadworthy.readiness.rollback_plan import ROLLBACK_PLAN
from roadworthy.readiness.serving_controls import SERVING_CONTROLS
from roadworthy.readiness.staging_rehearsal import STAGING_TEST
from roadworthy.release.bundle import blob_key, fetch_manifest, publish_bundle, seal_bundle, signature_key
from roadworthy.release.code import CodeIdentity
from roadworthy.release.entries import Stage
from roadworthy.release.manifest import build_manifest
from roadworthy.release.signing import ensure_signing_key
from roadworthy.release.standing import ReleaseRecord
from roadworthy.store import LocalStore

COMMITTED = CodeIdentity("c" * 40, True, (), digest_bytes(b"tree"))


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small real bundle; tests that change it take a copy."""
    return make_small_bundle(tmp_path_factory.mktemp("readiness"))


@pytest.fixture
def subject(bundle: Path, tmp_path: Path) -> Subject:
    """A published release that is as it should be."""
    return _published(bundle, tmp_path)


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_a_good_release_passes(subject: Subject, proof: Proof) -> None:
    """Code committed and model documented; works elsewhere; a way back exists or is not needed."""
    assert proof.prove(subject).verdict == "pass"
    assert proof.prove(replace(subject, rollback_target=subject.record)).verdict == "pass"


def test_findings_say_what_was_seen(subject: Subject) -> None:
    """A lead reads what was tried, not only that it passed."""
    assert DOCUMENTATION.prove(subject).summary.startswith(
        "sklearn.ensemble.HistGradientBoostingClassifier, commit ccc"
    )
    assert "predicts the same on 200 fixed rows; refuses wrong rows" in STAGING_TEST.prove(subject).summary
    assert "nothing is live" in ROLLBACK_PLAN.prove(subject).summary


@pytest.mark.parametrize(
    "code", [CodeIdentity("c" * 40, False, ("x.py",), "d" * 64), CodeIdentity(None, False, (), "d" * 64)]
)
def test_code_that_is_not_committed_is_not_documented(bundle: Path, tmp_path: Path, code: CodeIdentity) -> None:
    """Without a commit nobody can look up what the model was made by."""
    found = DOCUMENTATION.prove(_published(bundle, tmp_path, code))
    assert found == Finding("fail", "the code that made it is not committed")


@pytest.mark.parametrize("name", NEEDED["model"])
def test_a_missing_document_is_named(bundle: Path, tmp_path: Path, name: str) -> None:
    """Card, parameters, lock, model's description and schema: each is needed."""
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / name).unlink()
    assert DOCUMENTATION.prove(_published(copy, tmp_path)) == Finding("fail", f"the bundle lacks {name}")


@pytest.mark.parametrize("name", ["model/model.skops", "model/model.json", "schema.json", "MODEL_CARD.md"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_file_that_was_changed_or_lost_in_the_store_is_named(subject: Subject, name: str, gone: bool) -> None:
    """The release, or the one to go back to, fails by the name of the file."""
    path = _blob(subject, name)
    path.unlink()
    if not gone:
        path.write_bytes(b"something else")
    for proof, tried in ((STAGING_TEST, subject), (ROLLBACK_PLAN, replace(subject, rollback_target=subject.record))):
        found = proof.prove(tried)
        assert found.verdict == "fail"
        assert f"'{name}'" in found.summary


def test_a_signature_of_somebody_else_fails(bundle: Path, subject: Subject, tmp_path: Path) -> None:
    """Only what our key signed goes to production."""
    other = ensure_signing_key(tmp_path / "other" / "signing.pem")
    path = Path(subject.store.address, signature_key(subject.record.digest))
    path.chmod(0o644)
    path.write_bytes(seal_bundle(bundle, fetch_manifest(subject.store, subject.record.digest), other))
    assert STAGING_TEST.prove(subject).verdict == "fail"


def test_a_model_that_predicts_otherwise_fails(bundle: Path, tmp_path: Path) -> None:
    """A release whose fixed predictions are not its model's does not pass, signed or not."""
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    other = make_small_bundle(tmp_path / "other", train={"arguments": {"max_iter": 2}})
    shutil.copyfile(other / "model" / "probe.json", copy / "model" / "probe.json")
    assert STAGING_TEST.prove(_published(copy, tmp_path)).verdict == "fail"


def test_a_schema_that_lets_wrong_rows_pass_fails(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rehearsal includes that rows without a feature are refused."""
    strict = FeatureSchema.select

    def lenient(self: FeatureSchema, rows: object) -> object:
        try:
            return strict(self, rows)  # type: ignore[arg-type]
        except DataError:
            return rows

    monkeypatch.setattr(FeatureSchema, "select", lenient)
    assert STAGING_TEST.prove(subject) == Finding("fail", "the schema lets rows pass that lack a feature")


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_a_store_that_is_down_is_no_finding(subject: Subject, proof: Proof) -> None:
    """The release is not to blame; the promotion is tried again later."""

    class Down(LocalStore):
        def read(self, key: str) -> bytes:
            raise Unavailable("the store is down")

    down = replace(subject, store=Down(Path(subject.store.address)), rollback_target=subject.record)
    with pytest.raises(Unavailable, match="the store is down"):
        proof.prove(down)


def test_a_machine_without_the_key_is_no_finding(subject: Subject, tmp_path: Path) -> None:
    """Whoever promotes on a machine that can't check signatures is told so, and no release is refused for it."""
    with pytest.raises(UsageError) as raised:
        STAGING_TEST.prove(replace(subject, public_key=tmp_path / "none.pub"))
    assert isinstance(raised.value, RoadworthyError)
    assert raised.value.remedy


def _published(
    bundle: Path, root: Path, code: CodeIdentity = COMMITTED, kind: Literal["model", "assistant"] = "model"
) -> Subject:
    store, key = LocalStore(root / "store"), ensure_signing_key(root / "keys" / "signing.pem")
    files = digest_files(bundle)
    manifest = build_manifest(
        capability="flight-delay",
        kind=kind,
        parameters=small_capability().model_dump(mode="json", by_alias=True),
        files=files,
        sources=(),
        code=code,
        environment=files.get("requirements.lock", digest_bytes(b"")),
    )
    digest = publish_bundle(store, bundle, manifest, seal_bundle(bundle, manifest, key))
    record = ReleaseRecord(1, digest, code.commit or "", code.clean, Stage.STAGING, datetime(2026, 11, 20, tzinfo=UTC))
    return Subject(store, key.public, record, rollback_target=None)


def _blob(subject: Subject, name: str) -> Path:
    files = fetch_manifest(subject.store, subject.record.digest).files
    path = Path(subject.store.address, blob_key(files[name]))
    assert digest_file(path) == files[name]
    return path


def test_what_an_endpoint_costs_has_to_be_known(tmp_path: Path) -> None:
    """Nobody ships an assistant whose cost nobody could bound: the price is missing, and the remedy is named."""
    for price, verdict in (({"currency": "USD", "prompt": 1, "completion": 2}, "pass"), (None, "fail")):
        found = SERVING_CONTROLS.prove(_published_assistant(tmp_path / verdict, price))
        assert found.verdict == verdict
        assert ("1 and 2 USD a million tokens" if price else "integrate.provider.price") in found.summary


def test_an_assistant_is_documented_by_its_models_name(tmp_path: Path) -> None:
    """The model's name stands in the parameters, of every kind of provider, and prompts are counted."""
    for name in ("ASSISTANT_CARD.md", "requirements.lock", "assistant/assistant.json"):
        (tmp_path / "bundle" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bundle" / name).write_text("{}")
    found = DOCUMENTATION.prove(_published_assistant(tmp_path, None))
    assert found.verdict == "pass"
    assert found.summary.startswith("small with 1 prompt in Git, commit ccc")


def _published_assistant(folder: Path, price: dict[str, object] | None) -> Subject:
    """A published bundle that holds an assistant's texts."""
    provider = {"kind": "openai", "base_url": "http://127.0.0.1:9", "model": "small", "price": price}
    capability = small_parameters(integrate={**PARAMETERS["integrate"], "provider": provider})
    texts = {"parameters.json": capability.model_dump_json(by_alias=True), "assistant/policy.yaml": POLICY}
    texts["assistant/prompts/desk/answer.md"] = PROMPT
    for name, text in texts.items():
        path = folder / "bundle" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return _published(folder / "bundle", folder, kind="assistant")
