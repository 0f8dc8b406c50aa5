"""The replay: harm retrains and nothing else does, and no night knows what came later."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from fakes.replay_nights import GATES, QUICK, NoDrift, day, learn_line, nights
from pydantic import ValidationError

from roadworthy.errors import DataError, UsageError
from roadworthy.evaluation.gates import Gate, NotWorseGate
from roadworthy.evaluation.values import Metric
from roadworthy.performance.measured import MeasureVerdict
from roadworthy.performance.trigger import Source, TriggerVerdict
from roadworthy.replay.comparing import months_of
from roadworthy.replay.drawing import draw_replay
from roadworthy.replay.replaying import replay
from roadworthy.replay.report import NightState, Replay
from roadworthy.replay.rows import ReplayRows
from roadworthy.replay.settings import ReplaySettings, Span


def replayed(
    rows: ReplayRows,
    first: int,
    last: int,
    settings: ReplaySettings = QUICK,
    drift: NoDrift | None = None,
    gates: tuple[Gate, ...] = GATES,
) -> Replay:
    """Replay the nights from number `first` to number `last`."""
    span = Span(first=day(first), last=day(last))
    return replay("flights", rows, span, gates, learn_line, drift or NoDrift(), settings, lambda text: None)


@pytest.fixture(scope="module")
def stale() -> Replay:
    """A hundred nights after which rows come to mean something else on the fiftieth."""
    return replayed(nights(110, changes_after=50), 40, 109)


def test_a_model_that_went_stale_is_replaced(stale: Replay) -> None:
    """Once rows mean something else, harm is seen within the window, and the retrained model beats the stale one."""
    assert stale.retrainings
    first = stale.retrainings[0]
    assert day(50) <= first.night <= day(50) + timedelta(days=QUICK.window + QUICK.budget.nights)
    assert any(one.replaced for one in stale.retrainings)
    assert stale.stale.mean_auc is not None
    assert stale.triggered.mean_auc is not None
    assert stale.triggered.mean_auc > stale.stale.mean_auc + 0.05
    assert stale.triggered.retrainings == len(stale.retrainings)


def test_the_estimate_misses_what_only_labels_show(stale: Replay) -> None:
    """The looks of the rows do not change, so before labels come the estimate stays high: the trigger is measured."""
    night = next(one for one in stale.nights if one.night == day(52))
    assert night.estimated.metrics[Metric.AUC].value > 0.75
    assert night.measured.metrics[Metric.AUC].value < 0.6
    harmed = next(one for one in stale.nights if one.decision.verdict is TriggerVerdict.RETRAIN)
    assert harmed.loss is not None
    assert harmed.loss.source is Source.MEASURED


def test_between_two_retrainings_there_is_a_wait(stale: Replay) -> None:
    """However many nights are harmed, the next candidate comes after the wait, and the nights say so."""
    for one, other in pairwise(stale.retrainings):
        assert (other.night - one.night).days >= QUICK.wait
    for night in stale.nights:
        if night.held_until is not None:
            assert night.decision.verdict is TriggerVerdict.RETRAIN
            assert night.held_until > night.night


def test_a_service_that_stays_as_it_was_is_left_alone() -> None:
    """Where nothing changes nothing is retrained, and all that serves is the first model."""
    drift = NoDrift()
    found = replayed(nights(80), 35, 79, drift=drift)
    assert found.retrainings == ()
    assert found.triggered == found.stale
    assert found.alarms == ()
    assert drift.references == [day(34)]


def test_a_candidate_that_is_not_better_does_not_replace() -> None:
    """When labels turn into noise no model is better: candidates are refused, each after a longer wait."""
    rows = nights(140)
    noise = rows.nights >= rows.nights[45 * 150]
    rows.labels[noise] = (rows.features["x"].to_numpy()[noise] * 1e6).astype(int) % 2
    strict = (NotWorseGate(kind="not_worse", metric=Metric.AUC, margin=1e-6),)
    found = replayed(rows, 40, 139, gates=strict)
    assert found.retrainings
    assert not any(one.replaced for one in found.retrainings)
    waits = [(b.night - a.night).days for a, b in pairwise(found.retrainings)]
    assert waits
    assert waits[0] >= 2 * QUICK.wait


def test_no_night_knows_what_came_later(stale: Replay) -> None:
    """A replay that ends earlier says the same of each of its nights, but for labels that had not come."""
    shorter = replayed(nights(110, changes_after=50), 40, 69)
    for early, late in zip(shorter.nights, stale.nights, strict=False):
        assert early.model_copy(update={"measured": late.measured}) == late
    assert shorter.nights[-1].measured.verdict is MeasureVerdict.WAITING_FOR_LABELS
    assert shorter.nights[-2].measured == stale.nights[28].measured


def test_the_same_replay_gives_the_same_bytes(stale: Replay) -> None:
    """The report and the picture."""
    again = replayed(nights(110, changes_after=50), 40, 109)
    assert again.model_dump_json() == stale.model_dump_json()
    assert draw_replay(again) == draw_replay(stale)
    assert Replay.model_validate_json(stale.model_dump_json()).model_dump_json() == stale.model_dump_json()


def test_the_picture_is_svg_that_names_each_way(stale: Replay) -> None:
    """It parses, and shows means, retrainings and months."""
    text = draw_replay(stale).decode()
    root = ElementTree.fromstring(text)  # noqa: S314  (our own)
    assert root.tag.endswith("svg")
    for word in ("stale", "monthly", "triggered", *(month.name for month in months_of(stale.span))):
        assert word in text


def test_nights_without_rows_have_a_name() -> None:
    """A night that never came is reported as such, and says nothing about the model."""
    found = replayed(nights(70, without=(45, 46)), 40, 69)
    states = {night.night: night.state for night in found.nights}
    assert [night for night, state in states.items() if state is NightState.NO_ROWS] == [day(45), day(46)]
    assert found.retrainings == ()


def test_nights_that_say_nothing_are_never_green() -> None:
    """After a fortnight without rows the trigger is blind."""
    found = replayed(nights(70, without=tuple(range(48, 62))), 40, 69)
    verdicts = {night.night: night.decision.verdict for night in found.nights}
    assert verdicts[day(47)] is TriggerVerdict.KEEP
    assert verdicts[day(58)] is TriggerVerdict.BLIND


def test_while_labels_are_late_the_loss_is_estimated() -> None:
    """With labels a month late, losses rest on estimates and nights wait for labels."""
    late = QUICK.model_copy(update={"label_delay": 30})
    found = replayed(nights(70), 40, 69, late)
    losses = [night.loss for night in found.nights if night.loss is not None]
    assert losses
    assert {loss.source for loss in losses} == {Source.ESTIMATED}
    assert {night.measured.verdict for night in found.nights} == {MeasureVerdict.WAITING_FOR_LABELS}


@pytest.mark.parametrize(("first", "last"), [(-5, 40), (60, 80), (200, 210)])
def test_nights_outside_the_data_are_refused(first: int, last: int) -> None:
    """The error says which nights there are."""
    with pytest.raises(UsageError, match="the data has nights from 2024-01-01 to 2024-03-10"):
        replayed(nights(70), first, last)


def test_too_few_nights_to_learn_from_are_refused() -> None:
    """There has to be a model, and nights to evaluate it on."""
    with pytest.raises(DataError, match="only 10 nights lie before"):
        replayed(nights(70), 10, 20)


def test_a_span_runs_forward() -> None:
    """One that ends before it begins is no span."""
    with pytest.raises(ValidationError, match="before it begins"):
        Span(first=day(2), last=day(1))


def test_months_cover_the_span_once() -> None:
    """Cut at the months' ends, first and last parts included."""
    months = list(months_of(Span(first=day(20), last=day(70))))
    assert [month.name for month in months] == ["2024-01", "2024-02", "2024-03"]
    assert (months[0].first, months[-1].last) == (day(20), day(70))
    for one, other in pairwise(months):
        assert other.first - one.last == timedelta(days=1)
