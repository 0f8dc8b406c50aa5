"""The step that makes a release of the bundle: sealed, signed, published, numbered in the ledger, shown in MLflow."""

# Late imports: start-up time.
from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.digest import SHORT
from roadworthy.release.approval import ENVIRONMENT, REGISTRY
from roadworthy.release.bundle import publish_bundle, seal_bundle
from roadworthy.release.entries import EvidenceRecorded
from roadworthy.release.environment import summary_of
from roadworthy.release.ledger import Ledger
from roadworthy.release.manifest import Manifest
from roadworthy.release.signing import ensure_signing_key
from roadworthy.release.stages import decide_release
from roadworthy.release.standing import ReleaseRecord, standing_of
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.store import Store
from roadworthy.workspace import Workspace
from tasks.actor import local_actor
from tasks.lineage_sink import keep_lineage
from tasks.seal import manifest_of, own_release
from tasks.stores import open_store

if TYPE_CHECKING:
    from roadworthy.params.capability import Capability


def register(capability: Capability, workspace: Workspace, announce: Announce) -> None:
    """Make the bundle in the work tree a release; done again, it completes what was begun and makes no second one.

    MLflow is asked first: when it is down, nothing is recorded anywhere.
    """
    from tasks.registry.connect import connect
    from tasks.registry.mirror import ensure_version

    settings = Settings(root=workspace.root)
    registry = connect(settings, announce)
    store = open_store(settings.store_address)
    manifest = manifest_of(capability, workspace)
    _publish(settings, store, manifest, workspace)
    keep_lineage(settings, store, manifest)
    ledger = Ledger(store, workspace.capability)
    record = _number(ledger, manifest)
    announce(f"{workspace.capability}@{record.number} is {record.digest[:SHORT]}")
    _record_drift(ledger, record, manifest)
    version = ensure_version(registry, ledger, record.number)
    if REGISTRY not in record.evidence:
        record_registry(ledger, record, version, f"made in MLflow as version {version}")
    announce(f"MLflow shows it as version {version}")


def record_registry(ledger: Ledger, record: ReleaseRecord, version: str, summary: str) -> None:
    """Record what MLflow has of the release now, so that no later run does it again."""
    facts: dict[str, str | bool | int | float | None] = {"version": version}
    evidence = EvidenceRecorded(release=record.number, name=REGISTRY, verdict="pass", summary=summary, facts=facts)
    ledger.record(lambda entries: evidence, by=local_actor())


def _publish(settings: Settings, store: Store, manifest: Manifest, workspace: Workspace) -> None:
    signature = seal_bundle(workspace.bundle, manifest, ensure_signing_key(settings.signing_key_path))
    publish_bundle(store, workspace.bundle, manifest, signature)


def _number(ledger: Ledger, manifest: Manifest) -> ReleaseRecord:
    code = manifest.code
    decide = decide_release(ledger.capability, manifest.digest, code.commit or "", clean_work_tree=code.clean)
    ledger.record(decide, by=local_actor())
    record = standing_of(ledger.capability, ledger.entries()).by_digest(manifest.digest)
    assert record is not None  # noqa: S101  (it has just been recorded, by us or by somebody else)
    return record


def _record_drift(ledger: Ledger, record: ReleaseRecord, manifest: Manifest) -> None:
    """Record, before anybody can approve it, that a release was not made in the environment that it names."""
    if not manifest.drift or ENVIRONMENT in record.evidence:
        return
    summary = summary_of(manifest.drift)
    evidence = EvidenceRecorded(release=record.number, name=ENVIRONMENT, verdict="fail", summary=summary)
    ledger.record(lambda entries: evidence, by=local_actor())


def _is_done(capability: Capability, workspace: Workspace) -> bool:
    ledger = Ledger(open_store(Settings(root=workspace.root).store_address), workspace.capability)
    record = own_release(capability, workspace, standing_of(ledger.capability, ledger.entries()))
    return record is not None and REGISTRY in record.evidence


_LIBRARIES = (
    "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "model_signing.signing",
)


REGISTER = Step(
    name="register",
    summary="seal, sign and number the release, make its version in MLflow",
    run=register,
    section=None,
    inputs=lambda capability, workspace: (workspace.bundle,),
    outputs=lambda capability, workspace: (),
    timeout_seconds=900,
    libraries=_LIBRARIES,
    worker="services",
    is_done=_is_done,
)
