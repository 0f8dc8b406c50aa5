"""What people find on Prefect's page after a release: the run, a task for each step, the summary and the gates."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fakes.small_project import FirstRelease
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import ReleaseRecord, standing_of
from roadworthy.store import LocalStore
from tasks.catalog import ROUTES

Found = dict[str, Any]


@pytest.fixture
def released(first_release: FirstRelease) -> ReleaseRecord:
    """What the ledger says of churn@1."""
    store = LocalStore(first_release.project.root / ".roadworthy" / "store")
    return standing_of("churn", Ledger(store, "churn").entries()).release(1)


@pytest.fixture
def summary(prefect_api_url: str, released: ReleaseRecord) -> Found:
    """The summary of the run that made churn@1: the first that names its digest; later ones find nothing to do."""
    found = _ask(prefect_api_url, "artifacts", {"artifacts": {"key": {"any_": ["churn-release"]}}})
    return min((one for one in found if released.digest in one["data"]), key=lambda one: one["created"])


def test_the_flow_run_is_there_under_its_name(prefect_api_url: str, summary: Found) -> None:
    """The run is named after the occasion and the capability, and is completed."""
    wanted = {"flow_runs": {"id": {"any_": [summary["flow_run_id"]]}}}
    (run,) = _ask(prefect_api_url, "flow_runs", wanted)
    assert (run["name"], run["state_type"]) == ("ship churn", "COMPLETED")


def test_each_step_is_one_completed_task_run(prefect_api_url: str, summary: Found) -> None:
    """Who opens the run sees every step by its name, once, and none that is not a step."""
    wanted = {"flow_runs": {"id": {"any_": [summary["flow_run_id"]]}}}

    # Prefect's server takes task runs in from its own queue of events.
    @retry(retry=retry_if_exception_type(AssertionError), stop=stop_after_delay(30), wait=wait_fixed(0.2), reraise=True)
    def look() -> None:
        runs = _ask(prefect_api_url, "task_runs", wanted)
        seen = sorted((run["name"].rpartition("-")[0], run["state_type"]) for run in runs)
        assert seen == sorted((step.name, "COMPLETED") for step in ROUTES["model"].to_release)

    look()


def test_the_summary_says_what_was_made_and_how_to_go_on(summary: Found, released: ReleaseRecord) -> None:
    """Markdown with name, digest, commit, each metric with its interval, what it waits for, and the next command."""
    assert (summary["type"], summary["description"]) == ("markdown", "churn@1")
    lines = summary["data"].splitlines()
    assert lines[0] == "# churn@1: candidate, gates pass"
    assert lines[1] == f"Digest `{released.digest}`, commit `{released.commit}`."
    (auc,) = (line.split() for line in lines if line.startswith("| auc |"))
    value, low, high = float(auc[3]), float(auc[5]), float(auc[7])
    assert low < value < high
    assert "It waits for an ML lead" in summary["data"]
    assert lines[-1] == "Next: `roadworthy promote churn`"


def test_the_table_has_a_line_for_each_gate(prefect_api_url: str, summary: Found) -> None:
    """Each gate of params.yaml with its verdict and why."""
    wanted = {"artifacts": {"key": {"any_": ["churn-gates"]}, "flow_run_id": {"any_": [summary["flow_run_id"]]}}}
    (table,) = _ask(prefect_api_url, "artifacts", wanted)
    assert (table["type"], table["description"]) == ("table", "churn@1: pass")
    rows = json.loads(table["data"])
    assert [(row["gate"], row["metric"], row["verdict"]) for row in rows] == [
        ("floor", "auc", "pass"),
        ("not_worse", "auc", "pass"),
    ]
    assert all(row["why"] for row in rows)


def _ask(api: str, kind: str, wanted: dict[str, Any]) -> list[Found]:
    answer = httpx.post(f"{api}/{kind}/filter", json=wanted, timeout=30)
    answer.raise_for_status()
    found: list[Found] = answer.json()
    return found
