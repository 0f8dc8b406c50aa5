"""The occasion of a promotion, as a user meets it: whole processes, a real Prefect server, a real MLflow on SQLite."""

from __future__ import annotations

import json

import pytest
from fakes.small_project import SmallProject

from flows.promote_release import promote_release
from roadworthy.errors import UsageError
from roadworthy.release.entries import Approved, Moved, Stage
from roadworthy.release.ledger import Ledger
from roadworthy.store import LocalStore


def test_a_person_approves_here_and_now_and_again(copied_project: SmallProject) -> None:
    """The command moves the release and says so; done again it grants the same and records nothing."""
    first = copied_project.run("promote", "churn@1", "--approve", "--json", ROADWORTHY_ACTOR="lead")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["churn"][0]["reasons"] == []
    entries = _entries(copied_project)
    (approval,) = [entry for entry in entries if isinstance(entry.fact, Approved)]
    assert (approval.by.name, approval.by.authenticated) == ("lead", False)
    assert [entry.fact.stage for entry in entries if isinstance(entry.fact, Moved)] == [Stage.STAGING, Stage.PRODUCTION]
    again = copied_project.run("promote", "churn@1", "--approve", ROADWORTHY_ACTOR="lead")
    assert again.returncode == 0, again.stderr
    assert "churn@1 → production (roadworthy promote --approve): moved to production" in again.stdout
    assert _entries(copied_project) == entries


def test_without_identity_nothing_moves_where_it_is_required(copied_project: SmallProject) -> None:
    """`approval.require_identity` holds for the terminal too; the exit code is 5, and the remedy is printed."""
    params = copied_project.root / "params.yaml"
    params.write_text("approval: {require_identity: true}\n" + params.read_text())
    said = copied_project.run("promote", "churn@1", "--approve")
    assert said.returncode == 5
    assert "refused" in said.stdout
    assert "turn on MLflow's authentication" in said.stdout
    assert not [entry for entry in _entries(copied_project) if isinstance(entry.fact, Moved | Approved)]


def test_nobody_can_claim_an_identity_over_prefects_api() -> None:
    """A run that is started with JSON parameters, as a deployment's is, has no say in who asks."""
    by = {"name": "the head of models", "authenticated": True}
    wish = {"release": 1, "stage": "production", "gesture": "a click", "by": by}
    with pytest.raises(UsageError, match="can't be given as a parameter"):
        promote_release.fn("churn", wish)  # type: ignore[arg-type]


def _entries(project: SmallProject):
    return Ledger(LocalStore(project.root / ".roadworthy" / "store"), "churn").entries()
