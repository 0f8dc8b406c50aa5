"""What a lead sees in MLflow right after a release: where it stands, and the verdict to decide on."""

from __future__ import annotations

import pytest
from fakes.small_project import CAPABILITY, SmallProject

from roadworthy.params.loading import capability_params, load_params
from roadworthy.release.ledger import Ledger
from roadworthy.settings import Settings
from roadworthy.workspace import Workspace
from tasks.compare import judge_release
from tasks.present import PRESENT, present
from tasks.registry.connect import connect
from tasks.stores import open_store


@pytest.fixture
def project(copied_project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A released project, in which the test's process stands."""
    monkeypatch.chdir(copied_project.root)
    for name in ("ROADWORTHY_STORE", "ROADWORTHY_TRACKING_URI", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    return copied_project


def test_the_verdict_stands_in_mlflow_when_the_release_ends(project: SmallProject) -> None:
    """The version has the gates' verdict as a tag, and the alias of its stage, before anybody promotes."""
    version = connect(Settings()).client.get_model_version(CAPABILITY, "1")
    assert version.tags["gates"] == "pass: all 2 gates"
    assert version.tags["stage"] == "candidate"
    assert "candidate" in version.aliases


def test_a_new_verdict_is_shown_once(project: SmallProject) -> None:
    """Judged again, the verdict is shown again; shown twice, it is recorded once."""
    section = capability_params(load_params(project.root / "params.yaml"), CAPABILITY)
    workspace = Workspace(project.root, CAPABILITY)
    ledger = Ledger(open_store(Settings().store_address), CAPABILITY)
    assert PRESENT.is_done is not None
    assert PRESENT.is_done(section, workspace)
    judge_release(ledger, 1)
    assert not PRESENT.is_done(section, workspace)
    present(section, workspace, print)
    assert PRESENT.is_done(section, workspace)
    entries = ledger.entries()
    present(section, workspace, print)
    assert ledger.entries() == entries
