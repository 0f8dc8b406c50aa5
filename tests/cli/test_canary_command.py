"""`roadworthy canary watch` compares the arms on what was recorded so far, and changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.any_events import an_event
from fakes.front_door import Answer, ask

from roadworthy.digest import digest_bytes
from roadworthy.release.entries import Actor, CanaryShared, Fact, Moved, Released, Stage
from roadworthy.release.ledger import Ledger
from roadworthy.telemetry.event import Ending, Event, Kind, Said
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.recorder import SegmentRecorder
from tasks.stores import open_store

PARAMS = Path(__file__).resolve().parents[2] / "params.yaml"
CAPABILITY = "bank-helpdesk"


def _requests(canary_fails: int) -> list[Event]:
    """1,600 requests of as many people, a quarter the canary's; of its one in `canary_fails` fails, else one in 50."""
    begun = datetime.now(UTC)
    found = []
    for number in range(1600):
        arm = "production" if number % 4 else "canary"
        fails = number // 4 % (canary_fails if arm == "canary" else 50) == 0
        ending = Ending.ERROR if fails else Ending.ANSWERED
        at = begun + timedelta(microseconds=number)
        release = 2 if arm == "canary" else 1
        seconds = 0.5 + number % 97 / 100
        found.append(
            an_event(f"r{number}", at, seconds=seconds, ending=ending, capability=CAPABILITY, arm=arm, release=release)
        )
    # What users say names the answer alone.
    thumb = Said("r0", "down")
    return [*found, an_event("f1", begun, kind=Kind.FEEDBACK, ending=Ending.NOTED, capability="", said=thumb)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository in which release 1 is live, and release 2 in canary with a quarter of the traffic."""
    (tmp_path / "params.yaml").write_bytes(PARAMS.read_bytes())
    ledger = Ledger(open_store(str(tmp_path / ".roadworthy" / "store")), CAPABILITY)
    facts: list[Fact] = []
    for number, stage in ((1, Stage.PRODUCTION), (2, Stage.CANARY)):
        digest = digest_bytes(str(number).encode())
        facts.append(Released(release=number, digest=digest, commit="c" * 40, clean_work_tree=True))
        facts += [Moved(release=number, stage=Stage.STAGING), Moved(release=number, stage=stage)]
    facts.append(CanaryShared(release=2, share=0.25, reason="looks good"))
    for fact in facts:
        ledger.record(lambda _, fact=fact: fact, by=Actor(name="tests"))
    return tmp_path


def _watched(root: Path, events: list[Event], *options: str) -> Answer:
    recorder = SegmentRecorder(root / ".roadworthy" / OPEN)
    for event in events:
        recorder.record(event)
    recorder.close()
    return ask(root, "canary", "watch", CAPABILITY, *options, ROADWORTHY_ROOT=str(root))


def test_a_canary_that_fails_often_is_to_be_rolled_back(root: Path) -> None:
    """Errors of a fifth against a fiftieth: worse, by errors, with both arms' numbers; the ledger is as before."""
    before = ask(root, "history", CAPABILITY, ROADWORTHY_ROOT=str(root)).out
    said = json.loads(_watched(root, _requests(canary_fails=5), "--json").out)
    assert (said["canary"]["release"], said["canary"]["share"]) == (2, 0.25)
    assert (said["judgement"]["verdict"], said["judgement"]["decided_by"]) == ("worse", "errors")
    assert said["action"]["kind"] == "roll_back"
    lines = {line["metric"]: line for line in said["judgement"]["metrics"]}
    assert (lines["errors"]["canary"], lines["errors"]["production"]) == (400, 1200)
    assert (lines["thumbs_down"]["canary"], lines["thumbs_down"]["production"]) == (1, 0)
    assert ask(root, "history", CAPABILITY, ROADWORTHY_ROOT=str(root)).out == before


def test_one_of_which_too_little_is_known_is_held(root: Path) -> None:
    """As good as production on 400 requests is not enough for the default margins; the table says what is needed."""
    said = _watched(root, _requests(canary_fails=50))
    assert said.code == 0
    assert "bank-helpdesk@2 has 25% of the traffic" in said.out
    assert "undecided: not known yet to be within the margin: errors" in said.out
    assert "next: hold" in said.out


def test_no_telemetry_is_no_reason_to_go_on(root: Path) -> None:
    """Nothing recorded: undecided, for want of telemetry."""
    assert "undecided: no telemetry of canary yet" in _watched(root, []).out


def test_without_a_canary_there_is_nothing_to_watch(root: Path) -> None:
    """The rule's exit code, and what puts one there."""
    assert ask(root, "canary", "withdraw", CAPABILITY, ROADWORTHY_ROOT=str(root)).code == 0
    said = _watched(root, [])
    assert said.code == 5
    assert "--to canary" in said.err
