"""What one event counts as, in which series, and how many series there can be."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fakes.sample_events import ANSWER, CONDITION, PREDICTION, REJECTED
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from gateway.metrics.condition import Condition
from gateway.metrics.endpoint import MetricsEndpoint
from gateway.metrics.metrics import MOST_TENANTS, Metrics
from gateway.metrics.siblings import Siblings
from roadworthy.telemetry.event import Kind, Said

HELPDESK = {"capability": "helpdesk", "release": "3", "arm": "canary"}


def read(metrics: Metrics, accept: str = "") -> str:
    """What a scrape of a worker without siblings gets."""
    app = Starlette(routes=[Route("/metrics", MetricsEndpoint(Siblings(metrics)).read)])
    response = TestClient(app).get("/metrics", headers={"Accept": accept})
    assert response.status_code == 200
    return response.text


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its name and its labels besides the worker, as Prometheus' own parser reads it."""
    return {
        (one.name, frozenset((name, value) for name, value in one.labels.items() if name != "worker")): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_an_answer_is_counted_in_every_series_that_it_concerns() -> None:
    """Traffic, time, tokens, cost, cache, fallback, guards, tools, citations: each once, with its release and arm."""
    metrics = Metrics()
    metrics.observe(ANSWER)
    found = samples(read(metrics))

    def value(name: str, **labels: str) -> float:
        return found[f"roadworthy_{name}", frozenset(labels.items())]

    assert value("requests_total", **HELPDESK, kind="answer", ending="answered", code="2xx") == 1
    assert value("request_duration_seconds_sum", **HELPDESK, kind="answer") == 0.8
    assert value("request_duration_seconds_bucket", **HELPDESK, kind="answer", le="0.5") == 0
    assert value("request_duration_seconds_bucket", **HELPDESK, kind="answer", le="1.0") == 1
    assert value("first_text_seconds_sum", **HELPDESK) == 0.3
    assert value("part_duration_seconds_sum", capability="helpdesk", part="ask the model") == 0.7
    failure = {"part": "ask the model", "failure": "ProviderFailed: timeout"}
    assert value("part_failures_total", capability="helpdesk", **failure) == 1
    assert value("tokens_total", **HELPDESK, direction="input") == 120
    assert value("tokens_total", **HELPDESK, direction="output") == 30
    assert value("cost_total", **HELPDESK, currency="USD") == 0.25
    assert value("cache_hits_total", **HELPDESK) == 1
    assert value("fallbacks_total", **HELPDESK, fallback="second_provider") == 1
    guard = {"guard": "secrets", "place": "output", "verdict": "changed"}
    assert value("guard_verdicts_total", capability="helpdesk", **guard) == 1
    assert value("tool_calls_total", capability="helpdesk", tool="balance", verdict="done") == 1
    assert value("retrieving_answers_total", **HELPDESK, cited="yes") == 1


def test_other_requests_are_counted_for_what_they_are() -> None:
    """Predicted rows, refusals by their problem, thumbs and resolutions."""
    metrics = Metrics()
    said = replace(ANSWER, kind=Kind.FEEDBACK, said=Said("r1", "down", False))
    for event in (ANSWER, PREDICTION, REJECTED, said):
        metrics.observe(event)
    found = samples(read(metrics))
    delay = {"capability": "delay", "release": "7", "arm": "production"}
    fast = {**delay, "kind": "prediction", "le": "0.0005"}
    assert found["roadworthy_predicted_rows_total", frozenset(delay.items())] == 12
    assert found["roadworthy_request_duration_seconds_bucket", frozenset(fast.items())] == 1
    problem = {"capability": "helpdesk", "problem": "over-budget"}
    assert found["roadworthy_problems_total", frozenset(problem.items())] == 1
    assert found["roadworthy_thumbs_total", frozenset({**HELPDESK, "thumb": "down"}.items())] == 1
    assert found["roadworthy_resolutions_total", frozenset({**HELPDESK, "resolved": "no"}.items())] == 1


def test_the_condition_is_read_anew_each_time() -> None:
    """A release that serves no more leaves no series behind, and a condition that can't be had costs no figures."""
    conditions: Iterator[Condition] = iter((CONDITION, Condition()))
    metrics = Metrics(lambda: next(conditions))
    metrics.observe(ANSWER)
    first, second, third = (samples(read(metrics)) for _ in range(3))

    def value(name: str, **labels: str) -> float:
        return first[f"roadworthy_{name}", frozenset(labels.items())]

    assert value("requests_in_flight") == 2
    assert value("queue_length", queue="model") == 5
    assert value("telemetry_lost_events_total") == 1
    assert value("tracing_lost_spans_total") == 4
    assert value("release_share_ratio", **HELPDESK, digest="d" * 12) == 0.05
    assert value("ledger_age_seconds", capability="helpdesk") == 0.4
    assert value("switched_off", capability="helpdesk", target="tools") == 1
    assert value("budget_spent", key="k-1", currency="USD") == 1.5
    assert value("budget_limit", key="k-1", currency="USD") == 5
    assert not any(name == "roadworthy_release_share_ratio" for name, _ in second)
    nothing: frozenset[tuple[str, str]] = frozenset()
    assert [one["roadworthy_condition_readable", nothing] for one in (first, second, third)] == [1, 1, 0]
    assert any(name == "roadworthy_requests_total" for name, _ in third)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(max_size=5), min_size=300, max_size=400, unique=True))
def test_what_clients_choose_makes_no_series(names: list[str]) -> None:
    """Hundreds of capabilities, tenants and problems that are none end in as many series as there is room for."""
    metrics = Metrics(per_tenant=True)
    for name in names:
        metrics.observe(replace(REJECTED, capability=name, tenant=name, problem=name, arm=name))
    found = [one for family in metrics.collect() for one in family.samples]
    assert len([one for one in found if one.name == "roadworthy_requests_total"]) == 1
    tenants = {one.labels["tenant"] for one in found if one.name == "roadworthy_tenant_requests_total"}
    assert len(tenants - {"other"}) <= MOST_TENANTS
    assert "other" in tenants
    assert len([one for one in found if one.name == "roadworthy_problems_total"]) <= 101


def test_tenants_are_no_label_unless_asked_for() -> None:
    """By default nothing says which tenant it was."""
    metrics = Metrics()
    metrics.observe(ANSWER)
    assert "t-1" not in read(metrics)


def test_readers_get_the_format_that_they_ask_for() -> None:
    """OpenMetrics ends with its mark; the classic text has none."""
    metrics = Metrics()
    metrics.observe(ANSWER)
    assert read(metrics, "application/openmetrics-text; version=1.0.0").endswith("# EOF\n")
    assert "# EOF" not in read(metrics)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool, which comes with Prometheus, is not installed")
def test_prometheus_own_checker_finds_nothing_to_say() -> None:
    """Names, units and help texts follow Prometheus' conventions."""
    metrics = Metrics(lambda: CONDITION, per_tenant=True)
    for event in (ANSWER, PREDICTION, REJECTED, replace(ANSWER, said=Said("r1", "up", True))):
        metrics.observe(event)
    said = subprocess.run(
        ["promtool", "check", "metrics"], input=read(metrics), capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_nothing_is_registered_globally() -> None:
    """Two workers' figures in one process don't meet."""
    one, other = Metrics(), Metrics()
    one.observe(ANSWER)
    assert "helpdesk" in read(one)
    assert "helpdesk" not in read(other)
    assert asyncio.run(Siblings(other).collect()) is not None
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
