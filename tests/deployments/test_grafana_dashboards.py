"""Grafana's files: up to date, about figures that a running gateway really tells, watched by rules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fakes.gateway_services import small_services
from fakes.sample_events import CONDITION, EVERY_EVENT
from prometheus_client.parser import text_string_to_metric_families
from servers.gateway import running_gateway

from gateway.metrics.metrics import Metrics
from gateway.metrics.siblings import Siblings
from roadworthy.dashboards.grafana import write_grafana
from roadworthy.dashboards.panels.standard import DASHBOARDS
from roadworthy.guardrails.interface import Place, Verdict
from roadworthy.telemetry.event import Ending, Kind
from roadworthy.tools.interface import CallVerdict

DEPLOYMENTS = Path(__file__).resolve().parents[2] / "deployments"
QUERIES = {
    f"{dashboard.key}: {panel.title}: {number}": (query, panel.by)
    for dashboard in DASHBOARDS
    for panel, queries in (
        *((one, [measure.promql for measure in one.measures]) for one in dashboard.panels),
        *((one, [one.promql]) for one in dashboard.live),
    )
    for number, query in enumerate(queries)
}
FAMILY = re.compile(r"\b(roadworthy_\w+)(?:\{([^}]*)\})?")
VALUES = {
    "kind": {one.value for one in Kind},
    "ending": {one.value for one in Ending},
    "verdict": {one.value for one in (*Verdict, *CallVerdict)},
    "place": {one.value for one in Place},
    "direction": {"input", "output"},
    "thumb": {"up", "down"},
    "cited": {"yes", "no"},
    "resolved": {"yes", "no"},
}
"""What may stand in a matcher, by label."""


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, set[str]]]:
    """The labels of every series that a running gateway tells of, by name, as a scrape over the network reads them."""
    metrics = Metrics(lambda: CONDITION)
    services = small_services(metrics=metrics, siblings=Siblings(metrics))
    for event in EVERY_EVENT:
        metrics.observe(event)
    with running_gateway(services) as running:
        answer = httpx.get(f"{running.url}/metrics")
        assert answer.status_code == 200
        yield {
            sample.name: set(sample.labels)
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


def test_the_files_are_those_of_the_panels(tmp_path: Path) -> None:
    """Whoever changes a panel renders again: `roadworthy dashboards --grafana deployments/grafana`."""
    written = write_grafana(tmp_path)
    assert {path.name: path.read_bytes() for path in written} == {
        path.name: path.read_bytes() for path in (DEPLOYMENTS / "grafana").iterdir()
    }
    assert write_grafana(tmp_path) == ()


@pytest.mark.parametrize("name", QUERIES)
def test_queries_ask_for_what_the_gateway_tells(name: str, told: dict[str, set[str]]) -> None:
    """Every name, every label by which it is summed, and every value that it is narrowed to, is one that there is."""
    query, by = QUERIES[name]
    families = FAMILY.findall(query)
    assert families or query.startswith("up{")
    for family, matchers in families:
        assert family in told
        assert set(by) <= told[family] | {"le"}
        for label, value in re.findall(r'(\w+)[=!]~?"([^"]*)"', matchers):
            assert label in told[family]
            assert value == "$capability" or set(value.split("|")) <= VALUES.get(label, {*value.split("|")})


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.key)
def test_each_file_can_be_read_by_grafana(dashboard: object) -> None:
    """Its panels don't overlap, have a number each, and every query has a name within its panel."""
    found = json.loads((DEPLOYMENTS / "grafana" / f"{dashboard.key}.json").read_bytes())  # type: ignore[attr-defined]
    panels = found["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 5
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    for panel in panels:
        names = [target["refId"] for target in panel["targets"]]
        assert len(set(names)) == len(names)
    assert {one["name"] for one in found["templating"]["list"]} == {"source", "capability"}


def test_every_dashboard_is_watched_and_every_rule_is_drawn() -> None:
    """A rule that no panel shows can't be looked into, and a panel that names a rule that is none promises too much."""
    rules = set(re.findall(r"- alert: (\w+)", (DEPLOYMENTS / "prometheus" / "rules.yaml").read_text()))
    assert all(dashboard.alerts for dashboard in DASHBOARDS)
    assert {alert for dashboard in DASHBOARDS for alert in dashboard.alerts} == rules


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool, which comes with Prometheus, is not installed")
def test_prometheus_own_tool_can_read_every_query(tmp_path: Path) -> None:
    """As rules of their own, with Grafana's words filled in."""
    queries = [query.replace("$__rate_interval", "5m").replace("$capability", ".*") for query, _ in QUERIES.values()]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    said = subprocess.run(
        ["promtool", "check", "rules", "rules.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
