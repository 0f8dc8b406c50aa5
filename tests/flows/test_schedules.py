"""What Prefect runs by itself: the files in deployments/ on a real server, where most failures make no sound."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import Any

import httpx
import pytest
from fakes.small_project import REPOSITORY, SmallProject
from ruamel.yaml import YAML

CAPABILITY = "churn"
ASKED = {
    "drift.confirmed": "arrivals from EWR moved by .2; {{ 7 * 7 }}",
    "quality.dropped": 'AUC "fell" below .6',
}
"""The reason of each event, as it comes: nothing in it is a template or breaks the JSON around it."""


@dataclass(frozen=True)
class PrefectApi:
    """What Prefect's API says."""

    url: str

    def filtered(self, what: str, **filters: Any) -> list[dict[str, Any]]:
        """Return the objects of a kind."""
        answer = httpx.post(f"{self.url}/{what}/filter", json={"limit": 200, **filters}, timeout=30)
        found: list[dict[str, Any]] = answer.raise_for_status().json()
        return found

    def runs(self, deployment: str) -> list[dict[str, Any]]:
        """Return the flow runs of a deployment."""
        return self.filtered("flow_runs", deployments={"name": {"any_": [deployment]}})


@dataclass(frozen=True)
class Applied:
    """A project whose schedules were applied twice, and what Prefect had after each time."""

    project: SmallProject
    api: PrefectApi
    states: tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def applied(
    unreleased_project: SmallProject, prefect_api_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Applied]:
    """Apply the schedules of a small project twice; in the end Prefect knows nothing of them any more."""
    project = unreleased_project.copy(tmp_path_factory.mktemp("scheduled") / CAPABILITY)
    api = PrefectApi(prefect_api_url)
    first, second = (state_after(project, api) for _ in range(2))
    try:
        yield Applied(project, api, (first, second))
    finally:
        for kind in ("deployments", "automations"):
            for each in api.filtered(kind):
                httpx.delete(f"{api.url}/{kind}/{each['id']}", timeout=30)


def test_applied_twice_is_applied_once(applied: Applied) -> None:
    """The same deployments and automations under the same ids, each once, as the files say."""
    first, second = applied.states
    assert first == second
    assert sorted(first["deployments"]) == sorted(each["name"] for each in declared("prefect.yaml", "deployments"))
    wanted = {each["name"] for each in declared("automations.yaml", "automations")}
    assert set(first["automations"]) == wanted | {"drift confirmed", "quality dropped"}


def test_every_schedule_has_its_next_run(applied: Applied) -> None:
    """A deployment that is there may still never run: each one with a schedule has runs ahead, in our pool."""
    for each in declared("prefect.yaml", "deployments"):
        if each.get("schedules"):
            until(lambda name=each["name"]: len(applied.api.runs(name)) > 0, f"a scheduled run of {each['name']}")
            assert {run["work_pool_name"] for run in applied.api.runs(each["name"])} == {"roadworthy"}


def test_each_run_happens_in_the_project(applied: Applied) -> None:
    """The folder is the one in which the files were applied, by module and not by path."""
    for each in applied.api.filtered("deployments"):
        assert each["job_variables"]["working_dir"] == str(applied.project.root)
        assert each["pull_steps"] == [
            {"prefect.deployments.steps.set_working_directory": {"directory": str(applied.project.root)}}
        ]
        assert each["entrypoint"] == f"flows.{each['name']}.{each['name']}"


def test_the_watch_starts_a_release_with_its_reason(applied: Applied) -> None:
    """Each event starts one run of ship_release for its capability, and what the event gave as reason is its own."""
    code = "import json, sys, flows.capability_events as told\n"
    code += "for event, reason in json.loads(sys.argv[1]).items():\n"
    code += "    getattr(told, {'drift.confirmed': 'tell_drift_confirmed'}.get(event, 'tell_quality_dropped'))"
    code += f"('{CAPABILITY}', reason)\n"
    succeed(applied.project, "-c", code, json.dumps(ASKED))
    until(lambda: len(applied.api.runs("ship_release")) >= len(ASKED), "the runs that the events ask for")
    asked = sorted(
        (run["parameters"]["capability"], run["parameters"]["reason"])
        for run in applied.api.runs("ship_release")
        # Other tests may tell of other capabilities on the same server.
        if run["parameters"]["capability"] == CAPABILITY
    )
    assert asked == sorted((CAPABILITY, f"{event}: {reason}") for event, reason in ASKED.items())


def test_a_run_that_crashes_sets_its_automation_off(applied: Applied) -> None:
    """The process ends without the flow having said so; Prefect's feed then tells of it, by the automation's name."""
    dies = "from prefect import flow\n@flow(name='dies')\ndef dies():\n    raise SystemExit(3)\ndies()\n"
    assert run(applied.project, "-c", dies).returncode == 3
    (crashed,) = applied.api.filtered("flow_runs", flows={"name": {"any_": ["dies"]}})
    assert crashed["state_type"] == "CRASHED"

    def told() -> list[str]:
        wanted = {"event": {"name": ["prefect.automation.triggered"]}}
        answer = httpx.post(f"{applied.api.url}/events/filter", json={"filter": wanted, "limit": 50}, timeout=30)
        events = answer.raise_for_status().json()["events"]
        about = [each for each in events if crashed["id"] in json.dumps(each)]
        return [each["resource"].get("prefect.resource.name", "") for each in about]

    until(lambda: "a run crashed" in told(), "that the automation was set off", seconds=15)


def test_wrong_files_are_refused(applied: Applied) -> None:
    """What Prefect does not take is an error with its exit code, never a line in a log alone."""
    path = applied.project.root / "deployments" / "prefect.yaml"
    right = path.read_text()
    try:
        path.write_text(right.replace("flows.watch_canary.watch_canary", "flows.no_such_flow.watch"))
        said = run(applied.project, "-m", "tasks.schedules")
        assert (said.returncode, "no_such_flow" in said.stderr) == (8, True), said.stderr
        path.write_text("deployments: {")
        said = run(applied.project, "-m", "tasks.schedules")
        assert (said.returncode, "can't be used" in said.stderr) == (2, True), said.stderr
    finally:
        path.write_text(right)


def declared(name: str, section: str) -> list[dict[str, Any]]:
    """Return a section of a file in deployments/."""
    content = YAML(typ="safe", pure=True).load((REPOSITORY / "deployments" / name).read_text())
    found: list[dict[str, Any]] = content[section]
    return found


def state_after(project: SmallProject, api: PrefectApi) -> dict[str, Any]:
    """Apply the schedules, and return what Prefect has: the ids by name, but of what it makes anew each time."""
    succeed(project, "-m", "tasks.schedules")
    triggered = {"drift confirmed", "quality dropped"}
    automations = api.filtered("automations")
    assert len({each["name"] for each in automations}) == len(automations)
    return {
        "deployments": {each["name"]: (each["id"], schedules(each)) for each in api.filtered("deployments")},
        "automations": {each["name"]: "" if each["name"] in triggered else each["id"] for each in automations},
    }


def schedules(deployment: dict[str, Any]) -> list[tuple[str, bool]]:
    """Return a deployment's schedules, and whether each is active."""
    return [(each["schedule"]["cron"], each["active"]) for each in deployment["schedules"]]


def succeed(project: SmallProject, *arguments: str) -> None:
    """Run Python in the project; fail with what it says when it fails."""
    said = run(project, *arguments)
    assert said.returncode == 0, said.stdout + said.stderr


def run(project: SmallProject, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project.root,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def until(holds: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Look again and again until it holds; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        Event().wait(0.3)
