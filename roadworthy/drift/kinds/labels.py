"""Labels: what turned out to be true, in cohorts by the time of the event, however late each label came.

A label counts if it came within the same time after its event in every cohort. Counting whatever has come so far would
make the latest cohorts look like quick labels, which differ from slow ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.baseline import Baseline
from roadworthy.drift.kinds.counting import Counted, Texts, learn_baseline
from roadworthy.drift.kinds.interface import SCHEMA_VERSION, CulpritKind, DriftKind, KindVerdict, State
from roadworthy.drift.kinds.judging import Accuse, Blame, judge_columns, ratio, unfit, without_judgement
from roadworthy.drift.verdicts import ColumnVerdict, NightVerdict

LABEL = "label"
_FEWEST_IN_SEGMENT = 200
"""Labelled rows of a segment in the reference, before it is looked at by itself."""
_MOST_SEGMENTS = 50
_SURPRISING = 0.05


@dataclass(frozen=True)
class Labelled:
    """One prediction, and its label if there is one."""

    at: datetime
    """When what was predicted happened; it knows its time zone."""
    label: str | None = None
    came: datetime | None = None
    """When the label came."""
    segments: Mapping[str, str] = field(default_factory=dict)
    """Columns by which rows are told apart, such as {"carrier": "UA"}."""


@dataclass(frozen=True)
class LabelCohort:
    """All predictions of one UTC date, by the time of their events."""

    day: date
    labels: Texts
    """None where no label came in time."""
    segments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By column, a value a row."""
    mature: bool = True
    """Whether the time in which labels count is over."""
    schema: int = SCHEMA_VERSION


def cohorts(rows: Iterable[Labelled], now: datetime, delay: timedelta) -> tuple[LabelCohort, ...]:
    """Return the cohort of each date; labels count that came within `delay` of their event, and by `now`.

    `now` makes a replay of an earlier day see what was known then.
    """
    days: dict[date, list[Labelled]] = {}
    for row in rows:
        days.setdefault(row.at.astimezone(UTC).date(), []).append(row)
    return tuple(_cohort(day, some, now, delay) for day, some in sorted(days.items()))


def _cohort(day: date, rows: Sequence[Labelled], now: datetime, delay: timedelta) -> LabelCohort:
    ends = datetime.combine(day, time(), UTC) + timedelta(days=1) + delay
    names = sorted({name for row in rows for name in row.segments})
    in_time = [row.came is not None and row.came - row.at <= delay and row.came <= now for row in rows]
    return LabelCohort(
        day,
        [row.label if counts else None for row, counts in zip(rows, in_time, strict=True)],
        {name: [row.segments.get(name, "") for row in rows] for name in names},
        ends <= now,
    )


@dataclass(frozen=True)
class LabelWatch:
    """Watches labels, all together and by segment; the culprits are segments, or the label where all of them moved."""

    baseline: Baseline | None
    kind = DriftKind.LABELS

    @classmethod
    def learned_from(cls, reference: Sequence[LabelCohort]) -> LabelWatch:
        """Learn from cohorts; those that are not mature don't count."""
        usable = [one for one in reference if one.mature and any(label is not None for label in one.labels)]
        return cls(learn_baseline(_without_small(list(map(_counted, usable)))))

    def judge(self, tonight: LabelCohort, policy: AlarmPolicy) -> KindVerdict:
        """See `KindWatch.judge`."""
        bad = unfit(self.kind, tonight.day, tonight.schema, known=self.baseline is not None) or self._unlabelled(
            tonight
        )
        if bad or self.baseline is None:
            return bad or without_judgement(self.kind, tonight.day, State.NO_REFERENCE, "there is no reference")
        return judge_columns(self.kind, _counted(tonight), self.baseline, policy, _accuser)

    def _unlabelled(self, tonight: LabelCohort) -> KindVerdict | None:
        rows = len(tonight.labels)
        if not rows:
            return without_judgement(self.kind, tonight.day, State.NO_DATA, "nothing was predicted")
        if not tonight.mature:
            return without_judgement(self.kind, tonight.day, State.WAITING, "labels may still come", rows)
        if all(one is None for one in tonight.labels):
            return without_judgement(self.kind, tonight.day, State.NO_LABELS, "time is over, and no label came", rows)
        return None


def _counted(cohort: LabelCohort) -> Counted:
    """Return the labels of all rows, and of each segment as a column of its own."""
    texts: dict[str, Texts] = {LABEL: cohort.labels}
    for column, values in cohort.segments.items():
        by_value: dict[str, list[str | None]] = {}
        for value, label in zip(values, cohort.labels, strict=True):
            by_value.setdefault(value, []).append(label)
        texts |= {f"{column}={value}": some for value, some in by_value.items()}
    return Counted(cohort.day, len(cohort.labels), texts=texts)


def _without_small(nights: Sequence[Counted]) -> list[Counted]:
    """Leave out segments that are too small to be looked at by themselves; the largest stay."""
    sizes = Counter[str]()
    for night in nights:
        sizes.update({name: len(some) for name, some in night.texts.items()})
    large = [name for name, rows in sizes.most_common() if rows >= _FEWEST_IN_SEGMENT and name != LABEL]
    kept = {LABEL, *large[:_MOST_SEGMENTS]}
    return [replace(one, texts={name: some for name, some in one.texts.items() if name in kept}) for one in nights]


def _accuser(found: NightVerdict, policy: AlarmPolicy) -> Accuse:
    """Accuse segments where fewer than half of those beside them moved, or else the label as a whole.

    A change in one carrier shows in all airports that it flies from, but less: what is concentrated comes first.
    """
    moved: dict[str, list[bool]] = {}
    for one in found.columns:
        if one.name != LABEL:
            changed = one.p_value <= _SURPRISING and ratio(one, policy) >= 1
            moved.setdefault(_column_of(one.name), []).append(changed)
    concentrated = {column for column, some in moved.items() if 0 < sum(some) <= len(some) / 2}

    def accuse(one: ColumnVerdict) -> Blame:
        if one.name == LABEL:
            return Blame(CulpritKind.LABEL, LABEL, own=False, rank=1)
        rank = 0 if _column_of(one.name) in concentrated else 2
        return Blame(CulpritKind.SEGMENT, one.name, own=False, rank=rank)

    return accuse


def _column_of(name: str) -> str:
    return name.split("=", 1)[0]
