"""What all six kinds of drift promise, bad nights included."""

from __future__ import annotations

import pytest
from fakes.drift_kind_samples import SAMPLES, KindSample, learned

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.kinds.interface import DriftKind, State

POLICY = AlarmPolicy()
each = pytest.mark.parametrize("sample", SAMPLES, ids=[one.kind.value for one in SAMPLES])


def test_there_is_a_sample_of_every_kind() -> None:
    """None is left out of these promises."""
    assert [one.kind for one in SAMPLES] == list(DriftKind)


@each
def test_a_night_like_the_others_is_steady(sample: KindSample) -> None:
    """No alarm, no culprit, and the rate of false alarms is stated."""
    found = learned(sample.kind).judge(sample.night(100), POLICY)
    assert (found.kind, found.state, found.culprits) == (sample.kind, State.STEADY, ())
    assert found.level == pytest.approx(POLICY.level)
    assert found.day == sample.night(100).day


@each
def test_a_large_change_is_drift_and_its_culprit_is_named_first(sample: KindSample) -> None:
    """With an effect that matters, and evidence below the level."""
    found = learned(sample.kind).judge(sample.night(101, shift=sample.shift), POLICY)
    assert found.state is State.DRIFT
    assert sample.culprit in found.culprits[0].name
    assert found.effect >= 1
    assert found.p_value <= POLICY.level
    assert found.culprits[0].detail


@each
def test_a_night_with_no_rows_is_no_data(sample: KindSample) -> None:
    """Silence is never steady."""
    found = learned(sample.kind).judge(sample.night(102, rows=0), POLICY)
    assert (found.state, found.culprits) == (State.NO_DATA, ())


@each
def test_a_night_with_few_rows_is_too_few(sample: KindSample) -> None:
    """And it says how many are needed, or what is lacking."""
    found = learned(sample.kind).judge(sample.night(103, rows=sample.few, shift=sample.shift), POLICY)
    assert found.state is State.TOO_FEW
    assert found.reason
    assert not found.state.judged


@each
def test_a_newer_schema_is_named(sample: KindSample) -> None:
    """Its numbers may mean something else: no verdict is better than a wrong one."""
    for schema in (0, 2):
        assert learned(sample.kind).judge(sample.night(104, schema=schema), POLICY).state is State.UNKNOWN_SCHEMA


@each
def test_a_reference_that_is_gone_is_named(sample: KindSample) -> None:
    """Neither a crash nor a silent green."""
    assert sample.learn([]).judge(sample.night(105), POLICY).state is State.NO_REFERENCE


@each
def test_the_same_night_gets_the_same_verdict(sample: KindSample) -> None:
    """Also from a watch that learned anew, from nights in another order."""
    night = sample.night(106, shift=sample.shift)
    first = learned(sample.kind).judge(night, POLICY)
    assert learned(sample.kind).judge(night, POLICY) == first
    assert sample.learn(sample.reference[::-1]).judge(night, POLICY) == first
