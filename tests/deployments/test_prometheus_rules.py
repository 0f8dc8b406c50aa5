"""Prometheus' rules: they speak of figures that there are, and wake people when they should."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.metrics.condition import Account, Condition, Followed, Queue, Serving, SwitchedOff
from gateway.metrics.metrics import Metrics
from roadworthy.telemetry.event import Called, Ending, Event, GuardVerdict, Kind, Part

FOLDER = Path(__file__).resolve().parents[2] / "deployments" / "prometheus"
ANSWER = Event(
    id="r1",
    at=datetime(2025, 11, 14, 12, tzinfo=UTC),
    kind=Kind.ANSWER,
    ending=Ending.ANSWERED,
    status=200,
    seconds=0.8,
    capability="helpdesk",
    release=3,
    arm="canary",
    parts=(Part("retrieve", 0.01),),
    cost=Decimal("0.25"),
    currency="USD",
    guards=(GuardVerdict("input", "injection", "not_scanned", 0.001),),
    calls=(Called("balance", "refused", "x"),),
)
CONDITION = Condition(
    queues=(Queue("model", 5),),
    serving=(Serving("helpdesk", 3, "d" * 64, "canary", 0.05),),
    followed=(Followed("helpdesk", 0.4),),
    switched_off=(SwitchedOff("helpdesk", "tools"),),
    accounts=(Account("k-1", "USD", Decimal("1.5"), Decimal(5)),),
)


def test_rules_speak_of_figures_that_there_are() -> None:
    """An alert on a name that nobody says would stay silent for ever."""
    metrics = Metrics(lambda: CONDITION)
    metrics.observe(ANSWER)
    metrics.observe(replace(ANSWER, kind=Kind.PREDICTION))
    said = {one.name for family in metrics.collect() for one in family.samples}
    rules = (FOLDER / "rules.yaml").read_text()
    spoken_of = set(
        re.findall(r"\broadworthy_\w+(?=[{\[)\s])", " ".join(re.findall(r"expr: (\|\n(?:\s{10,}.*\n)+|.*)", rules)))
    )
    assert len(spoken_of) > 8
    assert spoken_of <= said


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool, which comes with Prometheus, is not installed")
@pytest.mark.parametrize(
    "command", ["check rules rules.yaml", "test rules rules_test.yaml", "check config prometheus.yaml"]
)
def test_prometheus_own_tool_is_content(command: str) -> None:
    """The rules are valid, fire on the bad days of rules_test.yaml, and stay away on the quiet one."""
    said = subprocess.run(["promtool", *command.split()], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
