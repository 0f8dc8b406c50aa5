"""What the commands answer that only read: status, history, diff, verify, lineage, and what a wrong question gets."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fakes.front_door import ask
from fakes.small_project import SmallProject

STORE = Path(".roadworthy", "store")


def test_status_says_what_is_live(promoted_project: SmallProject) -> None:
    """The live release stands there with its stage, its gates and who has to act."""
    answer = ask(promoted_project.root, "status")
    assert answer.code == 0
    assert [line.split() for line in answer.out.splitlines()[1:]] == [
        ["churn@2", "production", _digest(promoted_project, 2)[:12], "pass", "nobody"]
    ]


def test_status_says_who_has_to_act_on_a_candidate(released_project: SmallProject) -> None:
    """A candidate whose gates pass waits for an approval; --json holds the same and nothing else."""
    (line,) = json.loads(ask(released_project.root, "status", "--json").out)
    assert line["release"] == 1
    assert line["stage"] == "candidate"
    assert line["waits_for"] == "an ML lead's approval"


def test_status_of_an_empty_store_says_how_to_begin(tmp_path: Path) -> None:
    """Before the first release, status is no error and names the command."""
    answer = ask(tmp_path, "status")
    assert answer.code == 0
    assert "make release" in answer.out


def test_history_tells_everything_in_order(promoted_project: SmallProject) -> None:
    """Each release, approval and move has a line with who did it; moves follow approvals, approvals follow evidence."""
    lines = json.loads(ask(promoted_project.root, "history", "churn", "--json").out)
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
    told = [(line["release"], line["what"].split()[0]) for line in lines]
    for release in (1, 2):
        own = [word for number, word in told if number == release]
        assert own[0] == "released"
        assert own.index("approved") > own.index("evidence")
        assert own[-1] == "moved"
    assert {line["authenticated"] for line in lines} == {False}
    assert "(unauthenticated)" in ask(promoted_project.root, "history", "churn").out


def test_history_at_a_moment_says_what_was_live_then(promoted_project: SmallProject) -> None:
    """Before the first promotion nothing was live, between the two the first release, since then the second."""
    first, second = _moves_to_production(promoted_project)
    assert first < second
    assert _live(promoted_project, first - timedelta(microseconds=1)) is None
    assert _live(promoted_project, first) == 1
    assert _live(promoted_project, second - timedelta(microseconds=1)) == 1
    assert _live(promoted_project, second) == 2
    # Without a zone it is the reader's own time.
    assert _live(promoted_project, second.astimezone().replace(tzinfo=None)) == 2


def test_a_moment_that_is_none_is_refused(promoted_project: SmallProject) -> None:
    """A moment that can't be read is refused with an example."""
    answer = ask(promoted_project.root, "history", "churn", "--at", "yesterday")
    assert answer.code == 2
    assert "2026-11-20T12:00" in answer.err


def test_diff_names_what_differs_and_nothing_else(promoted_project: SmallProject) -> None:
    """Two releases that differ in the seed differ in one parameter and the files that follow from it."""
    answer = ask(promoted_project.root, "diff", "1", "2", "--json")
    assert answer.code == 0
    found = json.loads(answer.out)["difference"]
    assert found["parameters"] == [{"name": "train.seed", "kind": "changed", "old": 0, "new": 1}]
    assert {part: found[part] for part in ("data", "code", "environment", "metrics")} == {
        "data": [],
        "code": [],
        "environment": [],
        "metrics": [],
    }
    assert "model/model.skops" in {change["name"] for change in found["files"]}
    for text in ("churn@1 → churn@2", "train.seed", "data: the same"):
        assert text in ask(promoted_project.root, "diff", "1", "2").out


def test_lineage_draws_the_way_back_to_the_source(released_project: SmallProject, tmp_path: Path) -> None:
    """The graph leads from the release through every step to the source, here and as a page that loads nothing."""
    page = tmp_path / "lineage.html"
    answer = ask(released_project.root, "lineage", "churn@1", "--html", str(page))
    assert answer.code == 0
    for step in ("package", "evaluate", "train", "prepare", "validate", "ingest"):
        assert f"made by {step}" in answer.out
    assert "customers.csv" in answer.out
    content = page.read_text(encoding="utf-8")
    assert "customers.csv" in content
    assert not any(text in content for text in ('src="http', 'href="http', "@import"))


def test_an_intact_release_verifies(released_project: SmallProject) -> None:
    """Every file, the manifest, the signature and the ledger are what was recorded."""
    answer = ask(released_project.root, "verify", "churn@1", "--json")
    assert answer.code == 0
    verified = json.loads(answer.out)
    assert verified["intact"] is True
    assert {file["verdict"] for file in verified["verification"]["files"]} == {"ok"}


def test_a_tampered_file_is_named(copied_project: SmallProject) -> None:
    """One changed byte in the store: exit 4 and the file's name; the others are still said to be whole."""
    name = "model/model.skops"
    _tamper(copied_project.root / STORE / "blobs" / "sha256" / _files(copied_project)[name])
    answer = ask(copied_project.root, "verify", "churn@1")
    assert answer.code == 4
    assert f"churn@1 is NOT what was released: {name}" in answer.out
    (line,) = (line for line in answer.out.splitlines() if line.startswith("model/model.json"))
    assert line.split()[1] == "ok"


@pytest.mark.parametrize("name", ["manifest.json", "signature.json"])
def test_a_tampered_manifest_or_signature_is_named(copied_project: SmallProject, name: str) -> None:
    """Neither what the release says of itself nor who vouches for it can be changed unseen."""
    _tamper(copied_project.root / STORE / "bundles" / _digest(copied_project, 1) / name)
    answer = ask(copied_project.root, "verify", "churn@1")
    assert answer.code == 4
    assert name.removesuffix(".json") in (answer.out + answer.err).partition("NOT what was released")[2]


def test_a_tampered_ledger_is_refused(copied_project: SmallProject) -> None:
    """A changed entry breaks the chain: exit 4, and the entry is named."""
    entry = copied_project.root / STORE / "ledger" / "churn" / "00000002.json"
    entry.write_bytes(entry.read_bytes().replace(b'"pass"', b'"fail"'))
    answer = ask(copied_project.root, "verify", "churn@1")
    assert answer.code == 4
    assert "00000002" in answer.err


def test_a_tampered_release_is_not_reproduced(copied_project: SmallProject, tmp_path: Path) -> None:
    """What is not what was released is refused before anything is rebuilt from it, and the file is named."""
    sha256 = _files(copied_project)["parameters.json"]
    _tamper(copied_project.root / STORE / "blobs" / "sha256" / sha256)
    answer = ask(copied_project.root, "reproduce", "churn@1", "--into", str(tmp_path / "again"))
    assert answer.code == 4
    assert "parameters.json" in answer.err
    assert not (tmp_path / "again" / "work").exists()


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("release", "chrun"), "did you mean 'churn'?"),
        (("verify", "chrun@1"), "Did you mean 'churn'?"),
        (("verify", "churn@7"), "Known releases: 1"),
        (("rollback", "chrun"), "Did you mean 'churn'?"),
        (("promote", "--approve"), "roadworthy promote flight-delay@3 --approve"),
    ],
)
def test_a_name_that_is_none_gets_a_suggestion(
    released_project: SmallProject, arguments: tuple[str, ...], remedy: str
) -> None:
    """An unknown capability or release: exit 2, and what was probably meant."""
    answer = ask(released_project.root, *arguments)
    assert answer.code == 2
    assert remedy in answer.err
    assert answer.out.strip() == ""


def test_with_json_an_error_is_json_too(released_project: SmallProject) -> None:
    """A script that asked for JSON can read why it failed: kind, problem, place and remedy."""
    answer = ask(released_project.root, "verify", "churn@7", "--json")
    assert answer.code == 2
    error = json.loads(answer.out)["error"]
    assert error["kind"] == "UnknownName"
    assert error["where"] == "churn@7"
    assert error["remedy"]


def test_an_unknown_parameter_is_named_by_its_path(copied_project: SmallProject) -> None:
    """A key that params.yaml does not know: exit 2, its path, what is allowed, and what was meant."""
    params = copied_project.root / "params.yaml"
    params.write_text(params.read_text().replace("      seed: 0", "      sede: 0"))
    answer = ask(copied_project.root, "release", "churn")
    assert answer.code == 2
    assert "params.yaml: capabilities.churn.train.sede: unknown key" in answer.err
    assert "did you mean 'seed'?" in answer.err


def test_a_full_ledger_needs_no_params(released_project: SmallProject, tmp_path: Path) -> None:
    """Whoever has the store can ask it, whatever work tree they stand in."""
    store = str(released_project.root / STORE)
    answer = ask(tmp_path, "status", "--json", ROADWORTHY_STORE=store)
    assert json.loads(answer.out)[0]["release"] == 1


def _files(project: SmallProject) -> dict[str, str]:
    """Map each file of churn@1 to its digest."""
    manifest = json.loads((project.root / STORE / "bundles" / _digest(project, 1) / "manifest.json").read_bytes())
    return {subject["name"]: subject["digest"]["sha256"] for subject in manifest["subject"]}


def _digest(project: SmallProject, release: int) -> str:
    verified = json.loads(ask(project.root, "history", "churn", "--json").out)
    short = next(line["what"].split()[2] for line in verified if line["release"] == release)
    (folder,) = (project.root / STORE / "bundles").glob(f"{short}*")
    return folder.name


def _moves_to_production(project: SmallProject) -> list[datetime]:
    lines = json.loads(ask(project.root, "history", "churn", "--json").out)
    return [datetime.fromisoformat(line["at"]) for line in lines if line["what"] == "moved to production"]


def _live(project: SmallProject, moment: datetime) -> int | None:
    answer = ask(project.root, "history", "churn", "--at", moment.isoformat(), "--json")
    live = json.loads(answer.out)["live"]
    return live["number"] if live else None


def _tamper(path: Path) -> None:
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
