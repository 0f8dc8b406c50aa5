"""The replay itself: night after night, with what was known then and nothing that came later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from roadworthy.errors import DataError, UsageError
from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.checks import FEWEST_UNITS
from roadworthy.evaluation.gates import Gate
from roadworthy.evaluation.metrics import Floats, Scored
from roadworthy.performance.cohorts import Cohort
from roadworthy.performance.estimated import estimate_performance
from roadworthy.performance.measured import measure_cohort
from roadworthy.performance.trigger import Decision, Level, NightLoss, TriggerVerdict, decide, loss_of
from roadworthy.replay.drifting import DriftWatch
from roadworthy.replay.live import LiveModel, entering, first_model, learn, resampling, try_candidate
from roadworthy.replay.report import NightReport, NightState, Retraining
from roadworthy.replay.rows import Learner, ReplayRows, Scorer
from roadworthy.replay.settings import ReplaySettings, Span

NIGHT = timedelta(days=1)
Say = Callable[[str], None]


@dataclass
class NightLoop:
    """The state of a replay: the live model, what the nights said since, and when the next retraining may be."""

    rows: ReplayRows
    span: Span
    settings: ReplaySettings
    gates: Sequence[Gate]
    learner: Learner
    drift: DriftWatch
    say: Say
    stale: Scorer = field(init=False)
    """The first model, which a stale service would keep."""
    scores: Floats = field(init=False)
    """What the live model of its night says of each row; NaN outside the span."""
    retrainings: list[Retraining] = field(default_factory=list)
    _live: LiveModel = field(init=False)
    _losses: list[NightLoss] = field(default_factory=list)
    _wait: int = 0
    _not_before: date = date.min

    def run(self) -> Iterator[NightReport]:
        """Yield each night's report, in order. Raises `DataError` when there is too little to learn from."""
        check_span(self.rows, self.span, self.settings)
        self.say("learning the first model")
        self.stale, self._live = first_model(self.rows, self.span.first, self.learner, self.settings)
        self.drift.compare_with_nights_until(self.span.first - NIGHT)
        self.scores, self._wait = np.full(len(self.rows.labels), np.nan), self.settings.wait
        self._serve()
        for night in nights_of(self.span):
            report = self._replay(night)
            yield report
            if report.decision.verdict is TriggerVerdict.RETRAIN and report.held_until is None:
                self._retrain(night, report.decision)

    def _replay(self, night: date) -> NightReport:
        places = self.rows.within(night, night)
        how = Resampling(self.settings.resamples, 0.95, self.settings.seed)
        loss = self._loss(night, how)
        if loss is not None:
            self._losses.append(loss)
        decision = decide(self._losses, self.settings.budget)
        held = decision.verdict is TriggerVerdict.RETRAIN and night < self._not_before
        return NightReport(
            night=night,
            state=NightState.REPLAYED if len(places) else NightState.NO_ROWS,
            rows=len(places),
            drift=self.drift.judge(night),
            estimated=estimate_performance(self.scores[places], self._live.calibrator, how),
            measured=measure_cohort(self._cohort(night), how),
            loss=loss,
            decision=decision,
            held_until=self._not_before if held else None,
        )

    def _serve(self) -> None:
        """Score all that the live model may still serve at once, which is faster; each night looks at its own only."""
        places = self.rows.within(self._live.since, self.span.last)
        if len(places):
            self.scores[places] = self._live.score(self.rows, places)

    def _cohort(self, night: date) -> Cohort:
        """Return the night with the labels that have come by the end of the span."""
        places = self.rows.within(night, night)
        labels = self.rows.labels[places].astype(np.float64)
        if night + self.settings.label_delay * NIGHT > self.span.last:
            labels[:] = np.nan
        return Cohort(night, self.scores[places], labels)

    def _loss(self, night: date, how: Resampling) -> NightLoss | None:
        """Return what the last nights lost: measured where labels have come, else estimated; None when it is early."""
        settings, window = self.settings, (self.settings.window - 1) * NIGHT
        known = night - settings.label_delay * NIGHT
        if known - window >= self._live.since:
            return loss_of(night, self._live.reference, self._level(known - window, known, True), settings.budget)
        if settings.label_delay >= settings.window and night - window >= self._live.since:
            return loss_of(night, self._live.reference, self._level(night - window, night, False), settings.budget)
        return None

    def _level(self, first: date, last: date, labelled: bool) -> Level | None:
        places = self.rows.within(first, last)
        how = resampling(self.settings, self.rows, places)
        labels, scores, metric = self.rows.labels[places], self.scores[places], self.settings.budget.metric
        if len(np.unique(self.rows.nights[places])) < FEWEST_UNITS or not np.isfinite(scores).all():
            return None
        if not labelled:
            return Level.estimated(scores, self._live.calibrator, metric, how)
        if int(labels.sum()) in (0, len(labels)):
            return None
        return Level.measured(Scored.of(labels, scores, how.clusters), metric, how)

    def _retrain(self, night: date, decision: Decision) -> None:
        """Learn a candidate from all but the last labelled nights, and let it meet the live model on those."""
        known = night - self.settings.label_delay * NIGHT
        start = known - (self.settings.held_out - 1) * NIGHT
        held_out = self.rows.within(start, known)
        scorer = learn(self.rows, start - NIGHT, self.learner)
        candidate = scorer(self.rows.features.iloc[held_out])
        live = self._live.score(self.rows, held_out)
        trial = try_candidate(candidate, live, self.rows, held_out, self.gates, self.settings)
        self.retrainings.append(
            Retraining(
                night=night,
                learned_until=start - NIGHT,
                replaced=trial.better,
                reasons=(decision.reason, *trial.reasons),
            )
        )
        self.say(f"{night}: a candidate {'replaces' if trial.better else 'does not replace'} ({trial.reasons[0]})")
        self._wait = self.settings.wait if trial.better else 2 * self._wait
        self._not_before = night + self._wait * NIGHT
        if trial.better:
            since, before = night + NIGHT, self._live.reference
            self._live = entering(scorer, candidate, self.rows, held_out, since, self.settings, before)
            self._serve()
            self._losses.clear()
            self.drift.compare_with_nights_until(start - NIGHT)


def nights_of(span: Span) -> list[date]:
    """Return every night of the span, also those without rows."""
    return [span.first + number * NIGHT for number in range((span.last - span.first).days + 1)]


def check_span(rows: ReplayRows, span: Span, settings: ReplaySettings) -> None:
    """Raise `UsageError` for nights outside the data, `DataError` where too few nights come before."""
    if span.first < rows.first or span.last > rows.last:
        raise UsageError(
            f"the data has nights from {rows.first} to {rows.last}",
            where=f"{span.first} to {span.last}",
            remedy="choose nights among them",
        )
    before = (span.first - rows.first).days
    if before < 2 * settings.held_out:
        raise DataError(
            f"only {before} nights lie before {span.first}",
            where=str(span.first),
            remedy=f"begin at least {2 * settings.held_out} nights after {rows.first}, so that there is a model",
        )
