"""Raises alarms: when a change is large enough to matter and no chance, with a stated rate of false alarms."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from roadworthy.drift.baseline import Baseline, Comparison, Night, readings
from roadworthy.drift.effects import Aspect, Effects, effects
from roadworthy.drift.evidence.interface import Basis
from roadworthy.drift.moves import moves
from roadworthy.drift.profile.profile import AnyLayout, AnyProfile, Profile
from roadworthy.drift.verdicts import ColumnVerdict, NightVerdict, Verdict

_YEAR = 365


class Thresholds(BaseModel):
    """From which size on a change matters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    psi: float = Field(default=0.1, gt=0)
    missing: float = Field(default=0.05, gt=0, le=1)
    unseen: float = Field(default=0.02, gt=0, le=1)

    def ratio(self, found: Effects, aspect: Aspect) -> float:
        """Return how large an effect is beside what matters: from 1 on it does."""
        limit = {Aspect.SHAPE: self.psi, Aspect.MISSING: self.missing, Aspect.UNSEEN: self.unseen}[aspect]
        return found.of(aspect) / limit


class AlarmPolicy(BaseModel):
    """When alarms are raised."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thresholds: Thresholds = Thresholds()
    without_nights: Thresholds = Thresholds(psi=0.25, missing=0.1, unseen=0.05)
    """Where there are too few nights to compare with: then rows are taken to be independent, which they hardly are."""
    false_alarms_per_year: float = Field(default=1.0, gt=0, le=_YEAR)
    """Nights with a false alarm that are borne with, on average."""
    watch_level: float = Field(default=0.05, gt=0, lt=1)
    """The probability that a night on which nothing has changed is to be watched for an effect that matters."""
    fewest_rows: int = Field(default=200, ge=1)
    """Nights with fewer rows are not judged."""

    @property
    def level(self) -> float:
        """The probability of a false alarm on one night, at most."""
        return self.false_alarms_per_year / _YEAR


def judge(night: Night, baseline: Baseline, policy: AlarmPolicy) -> NightVerdict:
    """Compare a night with the baseline.

    P-values are adjusted for the number of columns, however these hang together (Benjamini and Yekutieli, The Annals of
    Statistics 29, 2001): where nothing has changed, a night raises an alarm with a probability of `policy.level`
    at most. Expectations add up, so that this bounds the false alarms to be expected in a year, however nights hang
    together.
    """
    rows, comparison = night.profile.rows, baseline.for_night(night.day)
    columns: tuple[ColumnVerdict, ...] = ()
    if not rows:
        verdict = Verdict.NO_DATA
    elif rows < policy.fewest_rows:
        verdict = Verdict.TOO_FEW
    else:
        columns = _judge_columns(night, baseline, comparison, policy)
        verdict = max((one.verdict for one in columns), key=list(Verdict).index, default=Verdict.STEADY)
    return NightVerdict(night.day, rows, verdict, policy.level, comparison.nights, columns, night.profile.unknown)


def _judge_columns(
    night: Night, baseline: Baseline, comparison: Comparison, policy: AlarmPolicy
) -> tuple[ColumnVerdict, ...]:
    # Late imports: start-up time.
    from scipy.stats import false_discovery_control

    judgements = [_judge_column(one, night.profile, comparison, policy) for one in baseline.layout.columns]
    if not judgements:
        return ()
    adjusted = false_discovery_control([one.alarming for one in judgements], method="by")
    least = false_discovery_control([min(one.p_values.values()) for one in judgements], method="by")
    verdicts = [
        _verdict(one, float(p), bool(sure <= policy.level), policy)
        for one, p, sure in zip(judgements, adjusted, least, strict=True)
    ]
    changes = {one.layout.name: max(one.ratios.values()) for one in judgements}
    return tuple(sorted(verdicts, key=lambda one: (one.verdict is not Verdict.DRIFT, -changes[one.name])))


@dataclass(frozen=True)
class _Judgement:
    """What is known of a column before it is seen beside the others."""

    layout: AnyLayout
    tonight: AnyProfile
    reference: AnyProfile
    found: Effects
    ratios: dict[Aspect, float]
    """Each effect beside what matters."""
    p_values: dict[Aspect, float]
    """Already multiplied by the number of aspects (Bonferroni)."""
    basis: Basis

    @property
    def alarming(self) -> float:
        """The smallest p-value of an effect that matters; 1 where none does."""
        return min((p for aspect, p in self.p_values.items() if self.ratios[aspect] >= 1), default=1.0)

    @property
    def aspect(self) -> Aspect:
        """The aspect in which it changed most."""
        return max(Aspect, key=lambda aspect: self.ratios[aspect])


def _judge_column(layout: AnyLayout, night: Profile, comparison: Comparison, policy: AlarmPolicy) -> _Judgement:
    tonight, reference = night.columns[layout.name], comparison.reference.columns[layout.name]
    evidence, found = comparison.evidence[layout.name], effects(layout, tonight, reference)
    read = readings(tonight, reference)
    by_nights = {aspect: one.basis is Basis.NIGHTS for aspect, one in evidence.items()}
    limits = {True: policy.thresholds, False: policy.without_nights}
    return _Judgement(
        layout,
        tonight,
        reference,
        found,
        {aspect: limits[by_nights[aspect]].ratio(found, aspect) for aspect in Aspect},
        {aspect: min(1.0, len(Aspect) * evidence[aspect].p_value(read[aspect])) for aspect in Aspect},
        evidence[Aspect.SHAPE].basis,
    )


def _verdict(one: _Judgement, adjusted: float, surprising: bool, policy: AlarmPolicy) -> ColumnVerdict:
    verdict = Verdict.STEADY
    if adjusted <= policy.level:
        verdict = Verdict.DRIFT
    elif surprising or adjusted <= policy.watch_level:
        verdict = Verdict.WATCH
    return ColumnVerdict(
        one.layout.name,
        verdict,
        one.aspect,
        one.found,
        one.p_values[one.aspect],
        adjusted,
        one.basis,
        () if verdict is Verdict.STEADY else moves(one.layout, one.tonight, one.reference),
    )
