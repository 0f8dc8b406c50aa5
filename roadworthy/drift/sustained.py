"""Says whether drift lasts: alarms on so many of the last nights, which one odd night is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from roadworthy.drift.effects import Aspect
from roadworthy.drift.report import ColumnDrift, DriftReport, NightSaid
from roadworthy.drift.verdicts import Verdict
from roadworthy.evaluation.values import Value

_NAMED = 5
"""So many columns are named as the reason."""


class Lasting(StrEnum):
    """What the last nights say together."""

    CONFIRMED = "confirmed"
    QUIET = "quiet"
    """Not so many alarms."""
    BLIND = "blind"
    """So many nights were not judged that lasting drift can't be ruled out."""


class SustainedRule(Value):
    """When drift lasts: an alarm on `needed` of the last `nights` nights."""

    needed: int = Field(default=2, ge=1)
    nights: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.needed > self.nights:
            raise ValueError(f"{self.needed} of {self.nights} nights can never be reached")
        return self


class Sustained(Value):
    """Whether drift lasts, and what moved."""

    verdict: Lasting
    alarms: tuple[date, ...]
    """Those of the last nights on which there was one."""
    blind: tuple[date, ...]
    """Those that were not judged, though there were rows."""
    reason: str
    """In one line: features and how much they moved, without a value of any row."""


def sustained(reports: Sequence[DriftReport], rule: SustainedRule) -> Sustained:
    """Judge the last nights of one capability, given in order; several reports of a night count once."""
    nights = sorted({one.night for one in reports})[-rule.nights :]
    alarms = [night for night in nights if _any(reports, night, NightSaid.DRIFT)]
    blind = [night for night in nights if night not in alarms and _any(reports, night, NightSaid.NOT_JUDGED)]
    counted = f"drift on {len(alarms)} of the last {rule.nights} nights, {rule.needed} needed"
    verdict, reason = Lasting.QUIET, counted
    if len(alarms) >= rule.needed:
        last = [one for one in reports if one.night == alarms[-1] and one.verdict is NightSaid.DRIFT]
        verdict, reason = Lasting.CONFIRMED, f"{counted}: {_moved(last)}"
    elif len(alarms) + len(blind) >= rule.needed:
        verdict, reason = Lasting.BLIND, f"{counted}, {len(blind)} not judged"
    return Sustained(verdict=verdict, alarms=tuple(alarms), blind=tuple(blind), reason=reason)


def _any(reports: Sequence[DriftReport], night: date, said: NightSaid) -> bool:
    return any(one.night == night and one.verdict is said for one in reports)


def _moved(reports: Sequence[DriftReport]) -> str:
    columns = [column for one in reports for column in one.columns if column.verdict is Verdict.DRIFT]
    names = list(dict.fromkeys(map(_said, columns)))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _said(column: ColumnDrift) -> str:
    if column.aspect is Aspect.SHAPE:
        return f"{column.name} (PSI {column.psi:.2f})"
    change = column.missing if column.aspect is Aspect.MISSING else column.unseen
    return f"{column.name} ({column.aspect} {change:+.1%})"
