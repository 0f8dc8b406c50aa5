"""Registering: what is done twice happens once, and a wrong order of faults leaves nothing half-done."""

from __future__ import annotations

import pytest
from fakes.small_project import CAPABILITY, SmallProject

from roadworthy.params.loading import capability_params, load_params
from roadworthy.release.entries import Released
from roadworthy.release.ledger import Ledger
from roadworthy.store import LocalStore
from roadworthy.workspace import Workspace
from tasks.register import REGISTER, register
from tasks.seal import manifest_of


@pytest.fixture
def project(copied_project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A released project, in which the test's process stands."""
    monkeypatch.chdir(copied_project.root)
    for name in ("ROADWORTHY_STORE", "ROADWORTHY_TRACKING_URI", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    return copied_project


def test_done_again_it_makes_no_second_release(project: SmallProject) -> None:
    """The same bundle keeps its number, its signature and its version; the ledger gets no entry."""
    section = capability_params(load_params(project.root / "params.yaml"), CAPABILITY)
    workspace = Workspace(project.root, CAPABILITY)
    store = LocalStore(project.root / ".roadworthy" / "store")
    before = {key: store.read(key) for key in store.keys()}  # noqa: SIM118
    said: list[str] = []
    register(section, workspace, said.append)
    assert {key: store.read(key) for key in store.keys()} == before  # noqa: SIM118
    assert said[0].startswith("churn@1 is")
    assert said[1] == "MLflow shows it as version 1"


def test_a_release_is_done_when_ledger_and_mlflow_have_it(project: SmallProject) -> None:
    """The step is skipped for the bundle that was registered, and not for one from other code."""
    section = capability_params(load_params(project.root / "params.yaml"), CAPABILITY)
    workspace = Workspace(project.root, CAPABILITY)
    assert REGISTER.is_done is not None
    assert REGISTER.is_done(section, workspace)
    (project.root / "tasks" / "notes.py").write_text('"""Not committed."""\n')
    assert not REGISTER.is_done(section, workspace)


def test_the_manifest_names_commit_sources_and_environment(project: SmallProject) -> None:
    """What the ledger calls churn@1 is the digest of a manifest that says where everything came from."""
    section = capability_params(load_params(project.root / "params.yaml"), CAPABILITY)
    manifest = manifest_of(section, Workspace(project.root, CAPABILITY))
    fact = Ledger(LocalStore(project.root / ".roadworthy" / "store"), CAPABILITY).entries()[0].fact
    assert isinstance(fact, Released)
    assert manifest.digest == fact.digest
    assert manifest.commit == fact.commit
    assert manifest.code.clean
    (source,) = manifest.sources
    assert (source.table, source.uri, source.rows) == ("customers", "customers.csv", 600)
