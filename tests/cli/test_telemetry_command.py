"""`roadworthy telemetry` shows what was recorded a moment ago, sealed or not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from fakes.any_events import an_event
from fakes.front_door import Answer, ask

from roadworthy.telemetry.event import Ending
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.recorder import SegmentRecorder

NOW = datetime.now(UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository in which three requests to one release and one to nothing were recorded, the last a month ago."""
    recorder = SegmentRecorder(tmp_path / ".roadworthy" / OPEN)
    for number, seconds in enumerate((0.1, 0.2, 0.3)):
        given = {"release": 3, "arm": "canary", "prompt_tokens": 10, "cost": Decimal("0.001"), "currency": "USD"}
        ending = Ending.REFUSED if number else Ending.ANSWERED
        event = an_event(f"r{number}", NOW - timedelta(minutes=5), seconds=seconds, ending=ending, **given)
        recorder.record(event)
    recorder.record(an_event("old", NOW - timedelta(days=30), capability="other"))
    recorder.close()
    return tmp_path


def _asked(root: Path, *arguments: str) -> Answer:
    return ask(root, "telemetry", *arguments, ROADWORTHY_ROOT=str(root))


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
def test_usage_by_release_and_arm(root: Path, sealed: bool) -> None:
    """Counts, endings, latency, tokens and the exact cost of the last week, the same before and after sealing."""
    if sealed:
        assert "1 segments with 4 events" in _asked(root, "seal").out
    (usage,) = json.loads(_asked(root, "--json").out)["usage"]
    assert (usage["capability"], usage["release"], usage["arm"], usage["requests"]) == ("help", 3, "canary", 3)
    assert usage["endings"] == {"answered": 1, "refused": 2}
    assert (usage["p50"], usage["prompt_tokens"], usage["cost"]) == (0.2, 30, "0.003")
    assert "refused 2, answered 1" in _asked(root).out


def test_what_is_asked_for_narrows_what_is_shown(root: Path) -> None:
    """A capability and a time before now; what finds nothing says so."""
    since = (NOW - timedelta(days=40)).date().isoformat()
    assert len(json.loads(_asked(root, "--since", since, "--json").out)["usage"]) == 2
    assert len(json.loads(_asked(root, "--since", since, "--capability", "other", "--json").out)["usage"]) == 1
    assert "nothing was asked since" in _asked(root, "--capability", "other").out


@pytest.mark.parametrize("since", ["yesterday", "2999-01-01"])
def test_a_wrong_moment_is_a_wrong_request(root: Path, since: str) -> None:
    """What is no moment, or lies ahead, ends in 2 and names the option."""
    said = _asked(root, "--since", since)
    assert said.code == 2
    assert "--since" in said.err


def test_sealing_twice_seals_nothing_new(root: Path) -> None:
    """The second time there is nothing left to do."""
    assert json.loads(_asked(root, "seal", "--json").out)["events"] == 4
    assert json.loads(_asked(root, "seal", "--json").out)["events"] == 0
