"""Registering: what is done twice happens once, and a wrong order of faults leaves nothing half-done."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from fakes.front_door import ask
from fakes.small_project import CAPABILITY, SmallProject

from roadworthy.params.loading import capability_params, load_params
from roadworthy.release.approval import Wish, rule_on
from roadworthy.release.entries import Actor, Released, Stage
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from roadworthy.store import LocalStore
from roadworthy.workspace import Workspace
from tasks.package import package
from tasks.present import PRESENT
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
    # Done is done: a run that is killed before the verdict is shown does not register again.
    register(section, workspace, print)
    assert REGISTER.is_done(section, workspace)
    assert PRESENT.is_done is not None
    assert not PRESENT.is_done(section, workspace)


def test_a_release_from_another_environment_stays_a_candidate(project: SmallProject) -> None:
    """Where a package is not the lock's, manifest, ledger, rule and status say which; in the locked one it is clean."""
    lock = (project.root / "requirements.lock").read_text()
    (project.root / "requirements.lock").write_text(lock.replace("scikit-learn==", "scikit-learn==0."))
    project.commit("Lock a version that is not installed")
    section, workspace = (
        capability_params(load_params(project.root / "params.yaml"), CAPABILITY),
        Workspace(project.root, CAPABILITY),
    )
    package(section, workspace, print)
    register(section, workspace, print)
    ledger = Ledger(LocalStore(project.root / ".roadworthy" / "store"), CAPABILITY)
    standing = standing_of(CAPABILITY, ledger.entries())
    (drift,) = manifest_of(section, workspace).drift
    assert drift.startswith(f"scikit-learn is {version('scikit-learn')}, locked is 0.")
    evidence = standing.release(2).evidence["environment"]
    assert (evidence.verdict, evidence.summary) == ("fail", drift)
    reasons = rule_on(standing, Wish(2, Stage.STAGING, "tag", Actor(name="lead")), False).reasons
    assert any(drift in reason and "deployments/install.py" in reason for reason in reasons)
    assert "environment" not in standing.release(1).evidence
    assert "the locked environment, and a new release" in ask(project.root, "status").out


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
