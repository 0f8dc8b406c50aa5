"""Alarms: what is said of which night, and that flights of another decade are named for what they are."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from roadworthy.drift.alarms import AlarmPolicy, Thresholds, judge
from roadworthy.drift.baseline import Baseline, Night, Season
from roadworthy.drift.effects import Aspect
from roadworthy.drift.evidence.interface import Basis
from roadworthy.drift.profile.categorical import CategoricalLayout
from roadworthy.drift.profile.laying_out import Watched, make_layout
from roadworthy.drift.profile.numeric import NumericLayout
from roadworthy.drift.profile.profile import Layout, Profile
from roadworthy.drift.profile.scanning import profile_files
from roadworthy.drift.verdicts import NightVerdict, Verdict

DATA = Path(__file__).parents[2] / "data"
FIRST = date(2013, 1, 1)
DELAY = NumericLayout(name="delay", lowest=-5.0, edges=(-1.0, -0.3, 0.3, 1.0, 5.0), exponent=-10)
CARRIER = CategoricalLayout(name="carrier", categories=("UA", "MQ", "B6"), complete=True)
CONSTANT = NumericLayout(name="constant", lowest=1.0, edges=(1.0,))
LAYOUT = Layout(columns=(DELAY, CARRIER, CONSTANT))
POLICY = AlarmPolicy()


def night(
    number: int, rows: int = 2000, shift: float = 0.0, gaps: int = 0, constant: float = 1.0, weights: str = "UA MQ B6"
) -> Night:
    """Return a night of so many rows, drawn anew by its number."""
    random = np.random.default_rng(number)
    delays = pa.array(random.normal(shift, 1, size=rows), mask=np.arange(rows) < gaps)
    carriers = Counter(random.choice(weights.split(), size=rows).tolist())
    columns = {
        "delay": DELAY.count(delays),
        "carrier": CARRIER.count(carriers),
        "constant": CONSTANT.count(pa.array([constant] * rows, pa.float64())),
    }
    return Night(FIRST + timedelta(number), Profile(layout=LAYOUT.digest, rows=rows, columns=columns))


BASELINE = Baseline(LAYOUT, [night(number) for number in range(40)])


def column(found: NightVerdict, name: str) -> Verdict:
    """Return the verdict on one column."""
    return next(one.verdict for one in found.columns if one.name == name)


def test_a_night_like_the_others_is_steady() -> None:
    """Nothing is said where nothing is to be said, and the rate of false alarms is stated."""
    found = judge(night(100), BASELINE, POLICY)
    assert (found.verdict, found.causes, found.nights) == (Verdict.STEADY, (), 40)
    assert found.level == pytest.approx(1 / 365)
    assert {one.basis for one in found.columns if one.name != "constant"} == {Basis.NIGHTS}


@pytest.mark.parametrize(("rows", "verdict"), [(0, Verdict.NO_DATA), (199, Verdict.TOO_FEW), (200, Verdict.STEADY)])
def test_small_nights_have_a_verdict_of_their_own(rows: int, verdict: Verdict) -> None:
    """None and too few are told apart, and neither is steady."""
    assert judge(night(101, rows), BASELINE, POLICY).verdict is verdict


def test_a_column_that_moves_raises_the_alarm_alone() -> None:
    """The one that moved is named first, with its bins; the others stay as they are."""
    found = judge(night(102, shift=1.0), BASELINE, POLICY)
    assert found.verdict is Verdict.DRIFT
    assert [one.name for one in found.columns if one.verdict is Verdict.DRIFT] == ["delay"]
    assert found.columns[0].name == "delay"
    assert found.causes[0].startswith("delay: ")


def test_carriers_that_come_and_go_are_named() -> None:
    """Gone and new categories by their names."""
    found = judge(night(103, weights="UA B6 9E"), BASELINE, POLICY)
    (cause,) = found.causes
    assert "MQ gone" in cause
    assert "9E new" in cause


def test_gaps_raise_an_alarm_of_their_own() -> None:
    """The shape of what is left is as it was: the aspect says what changed."""
    found = judge(night(104, gaps=400), BASELINE, POLICY)
    assert found.columns[0].aspect is Aspect.MISSING
    assert found.causes == ("delay: share without a value changed by +20.0%",)


def test_a_constant_is_steady_until_it_changes() -> None:
    """A column that never varied has nothing to compare, but another value was never seen."""
    assert column(judge(night(105), BASELINE, POLICY), "constant") is Verdict.STEADY
    found = judge(night(106, constant=2.0), BASELINE, POLICY)
    assert column(found, "constant") is Verdict.DRIFT
    assert found.columns[0].aspect is Aspect.UNSEEN


def test_a_column_that_is_gone_is_drift() -> None:
    """A new schema without it: all of its rows lack a value."""
    whole = night(107).profile
    columns = {**whole.columns, "delay": DELAY.absent(whole.rows)}
    found = judge(
        Night(FIRST, whole.model_copy(update={"columns": columns, "unknown": ("delay_s",)})), BASELINE, POLICY
    )
    assert column(found, "delay") is Verdict.DRIFT
    assert found.unknown == ("delay_s",)


def test_a_large_night_with_a_small_change_is_watched() -> None:
    """Evidence without effect: sure, but too small to matter."""
    found = judge(night(108, rows=60_000, shift=0.15), BASELINE, POLICY)
    assert (found.verdict, column(found, "delay")) == (Verdict.WATCH, Verdict.WATCH)


def test_an_effect_that_nights_have_by_themselves_is_no_change() -> None:
    """Beside nights that move as much, a night that moves is no surprise, however large its PSI."""
    random = np.random.default_rng(0)
    moody = Baseline(LAYOUT, [night(number, shift=float(random.normal(0, 0.5))) for number in range(60)])
    found = judge(night(109, shift=0.7), moody, POLICY)
    assert found.columns[0].effects.psi > 0.3
    assert column(found, "delay") is Verdict.STEADY
    assert column(judge(night(109, shift=0.7), BASELINE, POLICY), "delay") is Verdict.DRIFT


def test_without_nights_to_compare_with_more_is_asked() -> None:
    """One night of reference: evidence rests on rows, and the effect has to be larger."""
    lone = Baseline(LAYOUT, [night(0, rows=20_000)])
    assert judge(night(110, shift=0.45), BASELINE, POLICY).verdict is Verdict.DRIFT
    found = judge(night(110, shift=0.45), lone, POLICY)
    assert (found.verdict, found.columns[0].basis) == (Verdict.WATCH, Basis.ROWS)
    assert judge(night(110, shift=0.8), lone, POLICY).verdict is Verdict.DRIFT


def test_weekends_are_compared_with_weekends() -> None:
    """Saturdays differ from Mondays every week: no alarm where seasons are known, and enough of them."""
    nights = [night(number, shift=0.8 * ((FIRST + timedelta(number)).weekday() >= 5)) for number in range(84)]
    # The 4th of January 2013 and what is a multiple of seven later are Fridays.
    saturday, friday = night(84 + 4, shift=0.8), night(84 + 3, shift=0.8)
    seasonal = Baseline(LAYOUT, nights, Season.WEEKDAY)
    assert saturday.day.weekday() == 5
    assert judge(saturday, seasonal, POLICY).verdict is not Verdict.DRIFT
    assert judge(saturday, seasonal, POLICY).nights == 24
    assert judge(friday, seasonal, POLICY).verdict is Verdict.DRIFT


def test_the_same_night_gets_the_same_verdict() -> None:
    """Nothing is drawn, and nothing is remembered of other nights."""
    first = judge(night(111, shift=0.5), BASELINE, POLICY)
    judge(night(112, shift=2.0), BASELINE, POLICY)
    assert judge(night(111, shift=0.5), BASELINE, POLICY) == first


def test_a_stricter_policy_alarms_less() -> None:
    """What matters, and how many false alarms are borne, is the policy's."""
    moved = night(113, shift=0.45)
    rate = 365 * judge(moved, BASELINE, POLICY).columns[0].adjusted
    verdicts = [judge(moved, BASELINE, AlarmPolicy(false_alarms_per_year=part * rate)).verdict for part in (0.9, 1.1)]
    assert verdicts == [Verdict.WATCH, Verdict.DRIFT]
    assert judge(moved, BASELINE, AlarmPolicy(thresholds=Thresholds(psi=5.0))).verdict is Verdict.WATCH


def test_flights_of_2023_alarm_on_their_first_night_with_the_carriers_named() -> None:
    """Two real days ten years apart: Envoy and ExpressJet are gone, Republic is new."""
    columns = [Watched(name, "categorical") for name in ("carrier", "origin", "dest")]
    columns += [Watched(name, "numeric") for name in ("distance", "hour", "minute", "sched_arr_time")]
    old, new = (DATA / f"flights-{year}" / "flights.parquet" for year in (2013, 2023))
    layout = make_layout([old], columns)
    baseline = Baseline(layout, [Night(date(2013, 2, 12), profile_files([old], layout))])
    found = judge(Night(date(2023, 2, 14), profile_files([new], layout)), baseline, POLICY)
    assert found.verdict is Verdict.DRIFT
    assert found.columns[0].name == "carrier"
    for said in ("EV gone", "MQ gone", "YX new"):
        assert said in found.causes[0]
    itself = judge(Night(date(2013, 2, 12), profile_files([old], layout)), baseline, POLICY)
    assert itself.verdict is Verdict.STEADY
