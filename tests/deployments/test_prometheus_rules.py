"""Prometheus' rules: they speak of figures that there are, and wake people when they should."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fakes.sample_events import CONDITION, EVERY_EVENT

from gateway.metrics.metrics import Metrics

FOLDER = Path(__file__).resolve().parents[2] / "deployments" / "prometheus"


def test_rules_speak_of_figures_that_there_are() -> None:
    """An alert on a name that nobody says would stay silent for ever."""
    metrics = Metrics(lambda: CONDITION)
    for event in EVERY_EVENT:
        metrics.observe(event)
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
