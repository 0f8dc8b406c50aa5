"""The watch over a canary: it ramps what is not worse, takes back what is, and holds when it can't tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from fakes.served_releases import digest_of, put_in_production, release

from roadworthy.canary.ramp import Hold, Promote, RampTo, RollBack
from roadworthy.canary.settings import CanaryParams
from roadworthy.canary.watching import Watched
from roadworthy.release.entries import Stage
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import Standing, standing_of
from roadworthy.settings import Settings
from roadworthy.store import LocalStore
from roadworthy.telemetry.event import Ending, Event, Kind
from roadworthy.telemetry.opening import open_recorder
from tasks.canary_watch import EVIDENCE, act_on, look_at_canary

NAME = "help-desk"
PLAN = CanaryParams(shares=(0.05, 1.0), least_requests=100)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a project of this test's own."""
    return Settings(root=tmp_path, home=Path(".roadworthy"))


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    """A ledger in which release 1 is live, and 2 is the canary."""
    store = LocalStore(Path(settings.store_address))
    put_in_production(store, NAME, 1)
    release(store, NAME, 2, Stage.STAGING, Stage.CANARY)
    return Ledger(store, NAME)


def traffic(requests: int, canary_errors: float, seed: int = 0) -> Iterator[Event]:
    """Requests of this moment, half of them to the canary, five in a hundred of production's failing."""
    random, now = np.random.default_rng(seed), datetime.now(UTC)
    for number in range(requests):
        in_canary = bool(number % 2)
        failed = random.random() < (canary_errors if in_canary else 0.05)
        yield Event(
            id=f"{seed}-{number:08d}",
            at=now + timedelta(milliseconds=number),
            kind=Kind.ANSWER,
            ending=Ending.ERROR if failed else Ending.ANSWERED,
            status=500 if failed else 200,
            seconds=float(random.lognormal(-1, 0.3)),
            tenant="acme",
            user=f"user {number}",
            capability=NAME,
            release=2 if in_canary else 1,
            digest=digest_of(NAME, 2 if in_canary else 1),
            arm="canary" if in_canary else "production",
        )


def observe(ledger: Ledger, settings: Settings, events: Iterator[Event]) -> Watched:
    """Let telemetry have the events, and look."""
    recorder = open_recorder(settings.home_path, ledger.store)
    for event in events:
        recorder.record(event)
    recorder.close()
    assert recorder.lost == 0
    seen = look_at_canary(ledger, settings, PLAN, datetime.now(UTC) + timedelta(minutes=1))
    assert seen is not None
    return seen


def standing(ledger: Ledger) -> Standing:
    """Where the releases stand."""
    return standing_of(NAME, ledger.entries())


def test_a_canary_that_is_worse_is_taken_back(ledger: Ledger, settings: Settings) -> None:
    """It is a candidate again, production is as it was, and the evidence with its figures is on the release."""
    seen = observe(ledger, settings, traffic(4000, canary_errors=0.25))
    assert isinstance(seen.action, RollBack)
    act_on(seen, ledger)
    after = standing(ledger)
    assert after.canary is None and after.production is not None and after.production.number == 1
    withdrawn = after.release(2)
    assert (withdrawn.stage, withdrawn.approved_for) == (Stage.CANDIDATE, frozenset())
    evidence = withdrawn.evidence[EVIDENCE]
    assert evidence.verdict == "fail"
    assert evidence.facts["decided_by"] == "errors"
    assert float(evidence.facts["log_e"] or 0) >= float(evidence.facts["log_e_needed"] or 0)
    # Looked at once more, by somebody who saw the same: nothing more is written.
    assert act_on(seen, ledger) == ()


def test_a_canary_that_is_not_worse_goes_on(ledger: Ledger, settings: Settings) -> None:
    """At the end of its plan it is promoted, if the rule allows; a release without gates is not."""
    seen = observe(ledger, settings, traffic(8000, canary_errors=0.05))
    assert isinstance(seen.action, Promote)
    act_on(seen, ledger)
    assert standing(ledger).canary is not None, "nobody judged its gates, so the rule does not let it go on"
    ramping = CanaryParams(shares=(0.05, 0.25, 1.0), least_requests=100)
    seen_again = look_at_canary(ledger, settings, ramping, datetime.now(UTC) + timedelta(minutes=1))
    assert seen_again is not None and isinstance(seen_again.action, RampTo)
    act_on(seen_again, ledger)
    assert standing(ledger).canary_share == 0.25


def test_silence_holds(ledger: Ledger, settings: Settings) -> None:
    """Without telemetry nothing moves, however long it lasts; and without a canary there is nothing to look at."""
    seen = look_at_canary(ledger, settings, PLAN, datetime.now(UTC) + timedelta(days=30))
    assert seen is not None and isinstance(seen.action, Hold) and seen.action.overdue
    assert act_on(seen, ledger) == ()
    other = LocalStore(Path(settings.store_address))
    put_in_production(other, "alone", 1)
    assert look_at_canary(Ledger(other, "alone"), settings, PLAN, datetime.now(UTC)) is None
