"""A night's labels: past nights measured by what has come, beside their estimates, and whether labels drift."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from roadworthy.errors import DataError, IntegrityError
from roadworthy.labels.report import LabelsReport, LabelState, Moved
from roadworthy.labels.segments import label_keys, read_labels
from roadworthy.labels.settings import LabelSettings
from roadworthy.store import Store
from roadworthy.telemetry.reading import Window, read_scores

if TYPE_CHECKING:
    from roadworthy.drift.kinds.labels import LabelCohort
    from roadworthy.labels.joining import LabelledCohort
    from roadworthy.labels.measuring import NightMeasured
    from roadworthy.performance.calibrator import Calibrator
    from roadworthy.performance.measured import EstimateCheck
    from roadworthy.performance.served import Truth

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class NightLabels:
    """What a night says about the labels of one trained model."""

    report: LabelsReport
    measured: tuple[NightMeasured, ...] = field(default=(), repr=False)

    def truth_of(self, digest: str) -> Truth | None:
        """Return what labels have shown of a release; None where they have shown nothing."""
        from roadworthy.performance.served import Truth

        own = [one for one in self.measured if one.said.digest == digest and one.said.state is LabelState.MEASURED]
        return Truth({one.said.night: one.cohort for one in own}, self.report.checks[digest]) if own else None


def judge_labels(store: Store, capability: str, night: date, settings: LabelSettings | None = None) -> NightLabels:
    """Measure the nights up to `night` by the labels in the store: read again with the same ones, it says the same.

    Labels count for the night of their event, whenever they came. Raises `Unavailable`; what is damaged is a state.
    """
    settings = settings or LabelSettings()
    try:
        return _judged(store, capability, night, settings)
    except (IntegrityError, DataError) as error:
        reason = f"{error.problem} {error.where or ''}".strip()
        return NightLabels(LabelsReport(capability=capability, state=LabelState.NOT_READABLE, reason=reason))


def _judged(store: Store, capability: str, night: date, settings: LabelSettings) -> NightLabels:
    from roadworthy.labels.joining import LabelledCohort, joined, merged
    from roadworthy.labels.measuring import measure_night

    last = [night - back * _DAY for back in reversed(range(settings.nights))]
    days = _days(store, capability, night, settings)
    corrected, parts = 0, list[LabelledCohort]()
    for day in days:
        # Day by day: the rows of many weeks at once would be many.
        scores, labels = read_scores(store, _window(day), capability), read_labels(store, capability, [day])
        corrected += labels.corrected
        parts += joined(scores, labels.table)
    cohorts = [one for one in merged(parts) if one.night <= night]
    calibrators = {digest: _calibrator(store, digest) for digest in sorted({one.digest for one in cohorts})}
    nights = tuple(measure_night(one, calibrators[one.digest], night, settings) for one in cohorts if one.night in last)
    state, reason = _state(nights)
    report = LabelsReport(
        capability=capability,
        state=state,
        reason=reason,
        nights=tuple(one.said for one in nights),
        corrected=corrected,
        checks=_checks(nights),
        drift=_drift(cohorts, night, settings),
    )
    return NightLabels(report, nights)


def _days(store: Store, capability: str, night: date, settings: LabelSettings) -> list[date]:
    """Return the dates of requests to read: weeks where labels come, else as many as tell that none do."""
    reach = settings.reference_nights + settings.delay_days + settings.ahead_days
    days = [night - back * _DAY for back in reversed(range(reach + 1))]
    if label_keys(store, capability, days):
        return days
    return days[-settings.delay_days - 1 :]


def _state(nights: Sequence[NightMeasured]) -> tuple[LabelState, str]:
    if not nights:
        return LabelState.NO_ROWS, "no scores of these nights"
    decided = [one.said for one in nights if one.said.state is not LabelState.WAITING]
    if not decided:
        return LabelState.WAITING, "labels may still come"
    newest = decided[-1]
    return newest.state, f"{newest.night}: {newest.reason or f'{newest.coverage:.0%} of {newest.rows:,} labels'}"


def _checks(nights: Sequence[NightMeasured]) -> dict[str, EstimateCheck]:
    from roadworthy.performance.measured import check_estimates

    digests = sorted({one.said.digest for one in nights})
    own = {digest: [one for one in nights if one.said.digest == digest] for digest in digests}
    return {
        digest: check_estimates([one.estimated for one in some], [one.measured for one in some])
        for digest, some in own.items()
    }


def _drift(cohorts: Sequence[LabelledCohort], night: date, settings: LabelSettings) -> Moved | None:
    """Judge the labels of the newest night that is over by those of the nights before it; releases together."""
    from roadworthy.drift.alarms import AlarmPolicy
    from roadworthy.drift.kinds.labels import LabelWatch

    newest = night - timedelta(days=settings.delay_days)
    by_night = {day: _label_cohort(day, cohorts, settings) for day in {one.night for one in cohorts}}
    if newest not in by_night:
        return None
    reference = [by_night[day] for day in sorted(by_night) if day < newest]
    found = LabelWatch.learned_from(reference).judge(by_night[newest], AlarmPolicy())
    culprits = tuple(f"{one.name}: {one.detail}" for one in found.culprits)
    return Moved(night=newest, state=found.state, reason=found.reason, culprits=culprits)


def _label_cohort(day: date, cohorts: Sequence[LabelledCohort], settings: LabelSettings) -> LabelCohort:
    """Return the labels that came within their time, None for the others; of large nights some rows."""
    from roadworthy.drift.kinds.labels import LabelCohort

    labels: list[str | None] = []
    for one in cohorts:
        if one.night == day:
            step = max(1, len(one.labels) // (4 * settings.most_rows))
            in_time = one.delays[::step] <= settings.delay_days * _DAY.total_seconds()
            pairs = zip(one.labels[::step].tolist(), in_time.tolist(), strict=True)
            labels += [str(int(label)) if came else None for label, came in pairs]
    return LabelCohort(day, labels)


def _calibrator(store: Store, digest: str) -> Calibrator | None:
    from roadworthy.replay.settings import ReplaySettings
    from tasks.served_harm import promise_of

    promise = promise_of(store, digest, ReplaySettings().budget)
    return promise.calibrator if promise else None


def _window(day: date) -> Window:
    since = datetime.combine(day, time(), UTC)
    return Window(since, since + _DAY)
