"""What the nights said, drawn from their reports: promises kept, verdicts, and the features that moved."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from roadworthy.dashboards.figures import Drawing, Figure, Series
from roadworthy.dashboards.panels.interface import Unit
from roadworthy.drift.report import DriftReport
from roadworthy.errors import DataError

MOST_NIGHTS = 60
_MOST_COLUMNS = 12


class _Lenient(BaseModel):
    # The report belongs to the night, which may come to say more.
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Objective(_Lenient):
    kind: str


class _Budget(_Lenient):
    objective: _Objective
    verdict: str
    left: float


class _Capability(_Lenient):
    capability: str
    verdict: str
    budgets: tuple[_Budget, ...] = ()


class NightRead(_Lenient):
    """What the dashboards need of a night's report."""

    night: date
    capabilities: tuple[_Capability, ...] = ()


@dataclass(frozen=True)
class Reports:
    """Reports of nights, the earliest first."""

    nights: tuple[NightRead, ...]
    drifts: tuple[DriftReport, ...]


def read_reports(folder: Path) -> Reports:
    """Return the reports below `folder`, of the last sixty nights that have one.

    A file that is of neither kind is somebody else's, and left alone. Raises `DataError` for one that can't be read.
    """
    read = [report for path in sorted(folder.rglob("*.json")) if (report := _report(path))]
    last = sorted({one.night for one in read})[-MOST_NIGHTS:]
    kept = sorted((one for one in read if one.night in last), key=lambda one: one.night)
    return Reports(
        tuple(one for one in kept if isinstance(one, NightRead)),
        tuple(one for one in kept if isinstance(one, DriftReport)),
    )


def night_figures(reports: Reports) -> tuple[Figure, ...]:
    """Return how much of each promise is left, what each night said, and which features moved."""
    return (_promises(reports.nights), _night_verdicts(reports.nights), *_drift_figures(reports.drifts))


def _report(path: Path) -> NightRead | DriftReport | None:
    try:
        found = json.loads(path.read_bytes())
        if not isinstance(found, dict):
            return None
        if "capabilities" in found and "night" in found:
            return NightRead.model_validate(found)
        return DriftReport.model_validate(found) if "columns" in found and "night" in found else None
    except (ValueError, ValidationError) as error:
        raise DataError(
            "A night's report can't be read.",
            where=str(path),
            remedy="Remove it, and run watch_nightly for that night.",
        ) from error


def _promises(nights: tuple[NightRead, ...]) -> Figure:
    values = _Table(night.night for night in nights)
    for night in nights:
        for one in night.capabilities:
            for budget in one.budgets:
                # What nobody asked for has used up nothing, and kept nothing either.
                if budget.verdict != "no_data":
                    values.put(night.night, f"{one.capability} · {budget.objective.kind}", one.capability, budget.left)
    return values.figure(
        "promises", "What is left of each promise", "Of the error budget of the last days; below 0 % it is broken.",
        Unit.SHARE, Drawing.LINES,
    )  # fmt: skip


def _night_verdicts(nights: tuple[NightRead, ...]) -> Figure:
    values = _Table(night.night for night in nights)
    for night in nights:
        for one in night.capabilities:
            values.put(night.night, one.capability, one.capability, one.verdict)
    return values.figure(
        "nights", "What the nights said", "The worst of each capability's promises; no_data is not a good sign.",
        None, Drawing.VERDICTS,
    )  # fmt: skip


def _drift_figures(drifts: tuple[DriftReport, ...]) -> Iterator[Figure]:
    values = _Table(report.night for report in drifts)
    for report in drifts:
        values.put(report.night, report.capability, report.capability, report.verdict.value)
    yield values.figure(
        "drift", "Drift", "What each night's rows said beside those that the release was made from.",
        None, Drawing.VERDICTS, _causes(drifts),
    )  # fmt: skip
    for capability in sorted({report.capability for report in drifts}):
        yield _columns(capability, tuple(one for one in drifts if one.capability == capability))


def _columns(capability: str, drifts: tuple[DriftReport, ...]) -> Figure:
    """Draw the features that moved most, in the order in which the last night ranks them."""
    values = _Table(report.night for report in drifts)
    highest: dict[str, float] = defaultdict(float)
    for report in drifts:
        for column in report.columns:
            highest[column.name] = max(highest[column.name], column.importance)
    shown = sorted(highest, key=lambda name: (-highest[name], name))[:_MOST_COLUMNS]
    for report in drifts:
        for column in report.columns:
            if column.name in shown:
                values.put(report.night, column.name, capability, column.importance)
    return values.figure(
        f"drift_{capability}", f"Features of {capability} that moved",
        "The largest effect beside what would matter: from 1 on it matters.",
        Unit.COUNT, Drawing.HEAT, left_out=len(highest) - len(shown),
    )  # fmt: skip


def _causes(drifts: tuple[DriftReport, ...]) -> tuple[str, ...]:
    """Return what the last report of each capability says, and what was odd about its rows."""
    last = {report.capability: report for report in drifts}
    return tuple(
        f"{name}, {report.night}: {text}"
        for name, report in sorted(last.items())
        for text in (*report.causes, *(one.said for one in report.conditions if not one.harmless))
    )


class _Table:
    """Values by night and series."""

    def __init__(self, nights: Iterable[date]) -> None:
        self._nights = sorted(set(nights))
        self._values: dict[tuple[str, str], dict[date, float | str]] = defaultdict(dict)

    def put(self, night: date, name: str, capability: str, value: float | str) -> None:
        """Keep one."""
        self._values[name, capability][night] = value

    def figure(
        self, key: str, title: str, says: str, unit: Unit | None, drawing: Drawing,
        notes: tuple[str, ...] = (), left_out: int = 0,
    ) -> Figure:  # fmt: skip
        """Return them as a figure, a series for each name."""
        moments = tuple(datetime.combine(night, time(), UTC) for night in self._nights)
        series = tuple(
            Series(name, capability, tuple(values.get(night) for night in self._nights))
            for (name, capability), values in self._values.items()
        )
        return Figure(key, title, says, unit, drawing, moments, series, left_out, notes)
