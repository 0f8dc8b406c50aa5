"""The model that serves during a replay: its scores, its evaluation, and whether a candidate may take its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.comparison import compare_predictions
from roadworthy.evaluation.gates import Gate, judge
from roadworthy.evaluation.metrics import Floats, Meter, Scored
from roadworthy.evaluation.report import evaluate_predictions
from roadworthy.evaluation.values import Metric, Verdict
from roadworthy.performance.calibrator import Calibrator, learn_calibrator
from roadworthy.performance.trigger import Level
from roadworthy.replay.rows import Learner, Places, ReplayRows, Scorer
from roadworthy.replay.settings import ReplaySettings

_TRIAL = 0.95
"""The confidence of the intervals that floors look at, as where a release is evaluated."""


@dataclass(frozen=True)
class LiveModel:
    """A model in service since a night, with what its evaluation showed."""

    scorer: Scorer
    since: date
    calibrator: Calibrator
    reference: Level
    """The level that is promised: that of the best evaluation so far (docs/decisions/0032)."""

    def score(self, rows: ReplayRows, places: Places) -> Floats:
        """Return the scores of the rows at these places."""
        return self.scorer(rows.features.iloc[places])


@dataclass(frozen=True)
class Trial:
    """A candidate's evaluation against the live model on nights that neither learned from."""

    better: bool
    reasons: tuple[str, ...]


def first_model(rows: ReplayRows, first: date, learner: Learner, settings: ReplaySettings) -> tuple[Scorer, LiveModel]:
    """Return the model that learned from all nights before `first`, evaluated by a twin that lacks the last of them."""
    start = first - timedelta(days=settings.held_out)
    held_out = rows.within(start, first - timedelta(days=1))
    twin = learn(rows, start - timedelta(days=1), learner)
    scorer = learn(rows, first - timedelta(days=1), learner)
    return scorer, entering(scorer, twin(rows.features.iloc[held_out]), rows, held_out, first, settings, None)


def learn(rows: ReplayRows, until: date, learner: Learner) -> Scorer:
    """Learn from all nights up to and with `until`."""
    places = rows.within(rows.first, until)
    return learner(rows.features.iloc[places], rows.labels[places])


def entering(
    scorer: Scorer,
    scores: Floats,
    rows: ReplayRows,
    held_out: Places,
    since: date,
    settings: ReplaySettings,
    before: Level | None,
) -> LiveModel:
    """Return the model as it enters service, with `scores` of the nights that it was evaluated on."""
    how = resampling(settings, rows, held_out)
    own = Level.measured(Scored.of(rows.labels[held_out], scores, how.clusters), settings.budget.metric, how)
    sign = settings.budget.metric.sign
    best = own if before is None or sign * own.value > sign * before.value else before
    return LiveModel(scorer, since, learn_calibrator(rows.labels[held_out], scores), best)


def try_candidate(
    candidate: Floats, live: Floats, rows: ReplayRows, held_out: Places, gates: Sequence[Gate], settings: ReplaySettings
) -> Trial:
    """Judge the candidate by the capability's gates; it also has to be better, or there is no reason to replace.

    A gate against production has to pass. A floor must not fail: so few nights seldom show that it holds.
    """
    how = replace(resampling(settings, rows, held_out), confidence=_TRIAL)
    labels = rows.labels[held_out]
    evaluation = evaluate_predictions(labels, candidate, how)
    comparison = compare_predictions(labels, candidate, live, how)
    results = [judge(gate, evaluation, comparison) for gate in gates]
    passed = all(
        result.verdict is Verdict.PASS if result.gate.kind == "not_worse" else result.verdict is not Verdict.FAIL
        for result in results
    )
    gain = comparison.differences[settings.budget.metric].estimate.value
    own = f"{settings.budget.metric} {gain:+.4f} against the live model"
    return Trial(passed and gain > 0, (own, *(f"{result.verdict}: {result.reason}" for result in results)))


def resampling(settings: ReplaySettings, rows: ReplayRows, places: Places) -> Resampling:
    """Return how rows at these places are drawn again: whole nights."""
    confidence = 2 * settings.budget.confidence - 1
    return Resampling(settings.resamples, confidence, settings.seed, rows.nights[places].astype(np.int64))


def month_auc(labels: np.ndarray, scores: Floats) -> float | None:
    """Return the AUC of rows together, None where a class is missing."""
    if len(labels) == 0 or int(labels.sum()) in (0, len(labels)):
        return None
    # One unit: nothing is drawn again, and nothing is counted pair by pair.
    scored = Scored.of(labels, scores, np.zeros(len(labels), dtype=np.int64))
    return Meter(scored).measure_once()[Metric.AUC]
