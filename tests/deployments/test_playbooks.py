"""Playbooks: there is one for each kind, its commands work, and whatever wakes people points to one."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer.main
import yaml
from fakes.alert_samples import a_finding
from fakes.bad_release import ANN, CAPABILITY, LIVE_AT, book, lay_out, lay_out_more, minute
from fakes.front_door import ask
from typer.core import TyperGroup

from cli.main import app
from roadworthy.alerts.alert import Alert, AlertKind
from roadworthy.canary.settings import CanaryMetric
from roadworthy.incidents.changes import opening
from roadworthy.incidents.kinds import IncidentKind, kind_of_measure, playbook_of
from roadworthy.store import LocalStore

ROOT = Path(__file__).resolve().parents[2]
EACH = pytest.mark.parametrize("kind", list(IncidentKind))
NEEDS_MORE = (
    "rollback",
    "evalset",
    "watch",
    "release",
    "diff",
    "verify",
    "evaluate",
    "ask",
    "serve",
    "up",
    "ui",
    "keys revoke",
)
"""Commands that need a bundle, data, a model, a key or a server: tests of their own run them, here they are read."""


def commands_of(kind: IncidentKind) -> list[list[str]]:
    """Return the commands of a playbook, in its text and in its blocks, in order."""
    text = (ROOT / playbook_of(kind)).read_text()
    found = re.findall(r"^roadworthy (.+)$|`roadworthy ([^`]+)`", text, re.MULTILINE)
    return [shlex.split(block or inline) for block, inline in found]


def test_there_is_one_for_each_kind_and_no_other() -> None:
    """A new kind needs its playbook, and none is left over."""
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "playbooks").iterdir()}
    assert there == {playbook_of(kind) for kind in IncidentKind}


@EACH
def test_its_commands_can_be_read(kind: IncidentKind) -> None:
    """Each is a command that there is, with options that it has."""
    commands = commands_of(kind)
    assert len(commands) > 8
    for words in commands:
        group, rest = typer.main.get_group(app), list(words)
        while isinstance(group, TyperGroup) and rest and rest[0] in group.commands:
            group = group.commands[rest.pop(0)]
        group.make_context(" ".join(words), rest)
        assert not isinstance(group, TyperGroup) or group.invoke_without_command, words


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the morning of a bad release, more releases after it, one of them in canary, and a model."""
    root = tmp_path_factory.mktemp("morning")
    store = lay_out(root)
    lay_out_more(store)
    shutil.copy(ROOT / "params.yaml", root)
    return root


@EACH
def test_its_commands_work(kind: IncidentKind, morning: Path, tmp_path: Path) -> None:
    """From top to bottom on a bad morning, as somebody on call would type them."""
    root = Path(shutil.copytree(morning, tmp_path / "root"))
    done = 0
    for words in commands_of(kind):
        if " ".join(words).startswith(NEEDS_MORE):
            continue
        if words[:2] == ["incident", "note"] and not book(_store(root), minute(0)).incidents():
            book(_store(root), LIVE_AT).record(opening(CAPABILITY, kind, "first aid came first"), ANN)
        said = ask(root, *words, ROADWORTHY_ACTOR="ann")
        assert said.code == 0, f"{words}: {said.err}"
        done += 1
    assert done > 5
    assert book(_store(root), minute(0)).incidents()[0].closed


@pytest.mark.parametrize("kind", list(AlertKind))
@pytest.mark.parametrize(
    ("measure", "trouble"),
    [
        ("success", "outage"),
        ("latency.p95", "latency"),
        ("cost_per_request", "cost"),
        ("guard_blocks", "safety"),
        ("thumbs_down", "quality"),
        ("something_new", "outage"),
    ],
)
def test_every_alert_points_to_a_playbook(kind: AlertKind, measure: str, trouble: str) -> None:
    """Broken promises, spikes and canaries go by what was measured, the others by what they are."""
    alert = Alert(id="x", finding=a_finding(kind=kind, measure=measure), started=LIVE_AT, last_seen=LIVE_AT)
    assert (ROOT / alert.runbook).is_file()
    if kind in (AlertKind.SERVICE_LEVEL, AlertKind.SPIKE, AlertKind.CANARY_ROLLED_BACK, AlertKind.CANARY_HELD):
        assert alert.runbook == f"docs/playbooks/{trouble}.md"


def test_what_a_canary_is_rolled_back_for_has_its_playbook() -> None:
    """Of all that is compared only errors are an outage."""
    found = {metric: kind_of_measure(metric) for metric in CanaryMetric}
    assert [metric for metric, kind in found.items() if kind is IncidentKind.OUTAGE] == [CanaryMetric.ERRORS]


def test_every_rule_of_prometheus_points_to_a_playbook() -> None:
    """The annotation `runbook` names a file that there is."""
    groups = yaml.safe_load((ROOT / "deployments" / "prometheus" / "rules.yaml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert len(rules) > 10
    for rule in rules:
        assert (ROOT / rule["annotations"]["runbook"]).is_file(), rule["alert"]


def _store(root: Path) -> LocalStore:
    return LocalStore(root / ".roadworthy" / "store")
