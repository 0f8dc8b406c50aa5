"""Makes the drift report of a night: what was counted, beside the reference of the release that served it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from roadworthy.drift.alarms import AlarmPolicy, judge
from roadworthy.drift.baseline import Night
from roadworthy.drift.effects import Aspect
from roadworthy.drift.evidence.interface import Basis
from roadworthy.drift.oddities import odd_columns
from roadworthy.drift.profile.profile import Profile
from roadworthy.drift.reference import Reference
from roadworthy.drift.report import (
    CellMove,
    ColumnDrift,
    Condition,
    DriftReport,
    NightSaid,
    Oddity,
    Origin,
    ReferenceNights,
)
from roadworthy.drift.verdicts import ColumnVerdict, NightVerdict, Verdict

_PART = 0.5
"""A night of data with fewer rows than this part of the reference's smallest night is not whole."""
_SAID = {
    Verdict.NO_DATA: NightSaid.NO_ROWS,
    Verdict.TOO_FEW: NightSaid.TOO_FEW,
    Verdict.STEADY: NightSaid.STEADY,
    Verdict.WATCH: NightSaid.WATCH,
    Verdict.DRIFT: NightSaid.DRIFT,
}


@dataclass(frozen=True)
class Tonight:
    """What is known of a night's rows of one release."""

    capability: str
    night: date
    origin: Origin
    profile: Profile | None
    """None where nothing was counted."""
    served: int | None = None
    """Rows that were predicted; None where nobody knows."""
    release: int | None = None
    digest: str = ""
    conditions: tuple[Condition, ...] = ()
    """What was odd about counting them."""

    @property
    def rows(self) -> int:
        """Rows that were counted."""
        return self.profile.rows if self.profile else 0


@dataclass(frozen=True)
class NoReference:
    """Why there is nothing to compare with."""

    oddity: Oddity
    said: str


def report_night(tonight: Tonight, reference: Reference | NoReference, policy: AlarmPolicy) -> DriftReport:
    """Judge a night. Whatever is wrong with it has a name in the report; nothing is raised for it.

    A steady night with an oddity that is not harmless is one to watch: silence is never green.
    """
    conditions = (*tonight.conditions, *_about_rows(tonight, policy), *_about_reference(tonight, reference))
    found, profile = None, tonight.profile
    if profile and tonight.rows and isinstance(reference, Reference) and profile.layout == reference.layout.digest:
        conditions += odd_columns(profile, reference, policy)
        found = judge(Night(tonight.night, profile), reference.baseline, policy)
    return DriftReport(
        capability=tonight.capability,
        night=tonight.night,
        origin=tonight.origin,
        release=tonight.release,
        digest=tonight.digest,
        verdict=_verdict(tonight, found, conditions),
        rows=tonight.rows,
        served=tonight.served,
        reference=_nights(reference, found),
        level=policy.level,
        columns=_columns(tonight, found, policy),
        conditions=conditions,
    )


def _verdict(tonight: Tonight, found: NightVerdict | None, conditions: Sequence[Condition]) -> NightSaid:
    if found is None:
        return NightSaid.NOT_JUDGED if tonight.rows or tonight.served else NightSaid.NO_ROWS
    said = _SAID[found.verdict]
    odd = any(not one.harmless for one in conditions)
    return NightSaid.WATCH if said is NightSaid.STEADY and odd else said


def _about_rows(tonight: Tonight, policy: AlarmPolicy) -> tuple[Condition, ...]:
    rows, served = tonight.rows, tonight.served
    if not rows and not served:
        return (Condition(oddity=Oddity.NO_ROWS, said="nobody asked for a prediction"),)
    if not rows:
        return (Condition(oddity=Oddity.NOTHING_COUNTED, said=f"{served:,} rows were predicted, none was counted"),)
    found = []
    if served is not None and rows < served:
        part = f"{rows:,} of {served:,} predicted rows were counted ({rows / served:.1%})"
        found.append(Condition(oddity=Oddity.PART_OF_THE_NIGHT, said=part))
    if rows < policy.fewest_rows:
        said = f"{rows:,} rows; {policy.fewest_rows:,} are needed to say anything"
        found.append(Condition(oddity=Oddity.SMALL_NIGHT, said=said))
    return tuple(found)


def _about_reference(tonight: Tonight, reference: Reference | NoReference) -> tuple[Condition, ...]:
    if not tonight.rows:
        return ()
    if isinstance(reference, NoReference):
        return (Condition(oddity=reference.oddity, said=reference.said),)
    if tonight.profile is not None and tonight.profile.layout != reference.layout.digest:
        return (Condition(oddity=Oddity.OTHER_LAYOUT, said="the rows were counted in cells of another reference"),)
    smallest = min((one.profile.rows for one in reference.nights), default=0)
    if tonight.origin is Origin.DATA and reference.is_timed and tonight.rows < _PART * smallest:
        said = f"{tonight.rows:,} rows; the reference's smallest night has {smallest:,}"
        return (Condition(oddity=Oddity.PART_OF_THE_NIGHT, said=said),)
    return ()


def _nights(reference: Reference | NoReference, found: NightVerdict | None) -> ReferenceNights | None:
    if isinstance(reference, NoReference):
        return None
    days = [one.day for one in reference.nights] if reference.is_timed else []
    return ReferenceNights(
        first=min(days, default=None),
        last=max(days, default=None),
        nights=found.nights if found else len(reference.nights),
        rows=sum(one.profile.rows for one in reference.nights),
    )


def _columns(tonight: Tonight, found: NightVerdict | None, policy: AlarmPolicy) -> tuple[ColumnDrift, ...]:
    if found is None or tonight.profile is None:
        return ()
    return tuple(_column(one, tonight.profile, policy) for one in found.columns)


def _column(one: ColumnVerdict, profile: Profile, policy: AlarmPolicy) -> ColumnDrift:
    limits = policy.thresholds if one.basis is Basis.NIGHTS else policy.without_nights
    effects, counted = one.effects, profile.columns[one.name]
    return ColumnDrift(
        name=one.name,
        verdict=one.verdict,
        aspect=one.aspect,
        importance=max(limits.ratio(effects, aspect) for aspect in Aspect),
        psi=effects.psi,
        jensen_shannon=effects.jensen_shannon,
        kolmogorov_smirnov=effects.kolmogorov_smirnov,
        mean_difference=_finite(effects.mean_difference),
        missing=effects.missing,
        unseen=effects.unseen,
        p_value=one.p_value,
        adjusted=one.adjusted,
        basis=one.basis,
        rows=counted.rows,
        usable=counted.usable,
        moves=tuple(
            CellMove(cell=move.cell, before=move.before, after=move.after, contribution=move.contribution)
            for move in one.moves
        ),
        cause=one.cause,
    )


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
