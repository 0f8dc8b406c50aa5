"""The step that shows in MLflow what was found: where the release stands, and the verdict that a lead decides on."""

# Late imports: start-up time.
from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.release.approval import GATES, REGISTRY
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import ReleaseRecord, standing_of
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.register import record_registry
from tasks.seal import own_release
from tasks.stores import open_store

if TYPE_CHECKING:
    from roadworthy.params.capability import Capability


def present(capability: Capability, workspace: Workspace, announce: Announce) -> None:
    """Make tags, aliases and stages in MLflow say what the ledger says, and record that they do."""
    from tasks.registry.connect import connect
    from tasks.registry.mirror import mirror_release

    settings = Settings(root=workspace.root)
    registry = connect(settings, announce)
    ledger = Ledger(open_store(settings.store_address), workspace.capability)
    record = own_release(capability, workspace, standing_of(ledger.capability, ledger.entries()))
    assert record is not None  # noqa: S101  (it was registered by the step before)
    version = mirror_release(registry, ledger, record.number)
    if not _is_shown(record):
        record_registry(ledger, record, version, f"shown in MLflow as version {version}")
    announce(f"MLflow shows the verdict on version {version}")


def _is_shown(record: ReleaseRecord) -> bool:
    """Tell whether the latest verdict was shown: its record is older than that of the showing."""
    shown, judged = record.evidence.get(REGISTRY), record.evidence.get(GATES)
    return shown is not None and judged is not None and shown.sequence > judged.sequence


def _is_done(capability: Capability, workspace: Workspace) -> bool:
    ledger = Ledger(open_store(Settings(root=workspace.root).store_address), workspace.capability)
    record = own_release(capability, workspace, standing_of(ledger.capability, ledger.entries()))
    return record is not None and _is_shown(record)


PRESENT = Step(
    name="present",
    summary="show where it stands and what was found in MLflow",
    run=present,
    section=None,
    inputs=lambda capability, workspace: (workspace.bundle,),
    outputs=lambda capability, workspace: (),
    timeout_seconds=900,
    worker="services",
    is_done=_is_done,
)
