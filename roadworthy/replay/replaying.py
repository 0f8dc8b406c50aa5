"""Replays a span, and sums it up."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.evaluation.gates import Gate
from roadworthy.performance.measured import check_estimates
from roadworthy.replay.comparing import monthly, result_of, stale
from roadworthy.replay.drifting import ALARM, DriftWatch
from roadworthy.replay.loop import NightLoop, Say
from roadworthy.replay.report import Replay
from roadworthy.replay.rows import Learner, ReplayRows
from roadworthy.replay.settings import ReplaySettings, Span


def replay(
    capability: str,
    rows: ReplayRows,
    span: Span,
    gates: Sequence[Gate],
    learner: Learner,
    drift: DriftWatch,
    settings: ReplaySettings,
    say: Say,
    with_monthly: bool = True,
) -> Replay:
    """Live the span again: a model learned from all nights before it serves until harm calls for another.

    The same arguments give the same value. Raises `UsageError` for nights outside the data and `DataError` where too
    little comes before the span.
    """
    loop = NightLoop(rows, span, settings, gates, learner, drift, say)
    nights = tuple(loop.run())
    if with_monthly:
        say("retraining every month, to compare")
    return Replay(
        capability=capability,
        span=span,
        settings=settings,
        rows=sum(night.rows for night in nights),
        nights=nights,
        retrainings=tuple(loop.retrainings),
        alarms=tuple(night.night for night in nights if night.drift.verdict == ALARM),
        estimates=check_estimates([night.estimated for night in nights], [night.measured for night in nights]),
        stale=stale(rows, span, loop.stale),
        monthly=monthly(rows, span, loop.stale, learner) if with_monthly else None,
        triggered=result_of(rows, span, loop.scores, len(loop.retrainings)),
    )
