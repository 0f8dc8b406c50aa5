"""Features: a trained model's inputs, by the profiles of their columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.baseline import Baseline, Night
from roadworthy.drift.kinds.interface import SCHEMA_VERSION, CulpritKind, DriftKind, KindVerdict, State
from roadworthy.drift.kinds.judging import Blame, accusing, judge_night, unfit, without_judgement
from roadworthy.drift.verdicts import ColumnVerdict


@dataclass(frozen=True)
class FeatureNight:
    """A night's rows, counted by the baseline's layout."""

    night: Night
    schema: int = SCHEMA_VERSION

    @property
    def day(self) -> date:
        """The night's UTC date."""
        return self.night.day


@dataclass(frozen=True)
class FeatureWatch:
    """Watches features; the culprits are columns."""

    baseline: Baseline | None
    kind = DriftKind.FEATURES

    def judge(self, tonight: FeatureNight, policy: AlarmPolicy) -> KindVerdict:
        """See `KindWatch.judge`; a profile of another layout is an unknown schema."""
        bad = unfit(self.kind, tonight.day, tonight.schema, known=bool(self.baseline and self.baseline.nights))
        if bad or self.baseline is None:
            return bad or without_judgement(self.kind, tonight.day, State.NO_REFERENCE, "there is no reference")
        if tonight.night.profile.layout != self.baseline.layout.digest:
            reason = "it was counted by another layout than the reference"
            return without_judgement(self.kind, tonight.day, State.UNKNOWN_SCHEMA, reason)
        return judge_night(self.kind, tonight.night, self.baseline, policy, accusing(_blame))


def _blame(column: ColumnVerdict) -> Blame:
    return Blame(CulpritKind.FEATURE, column.name)
