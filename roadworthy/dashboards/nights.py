"""What the nights said, drawn from their reports: promises kept, verdicts, and the features that moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from roadworthy.dashboards.figures import Drawing, Figure, Series
from roadworthy.dashboards.panels.interface import Unit
from roadworthy.drift.report import DriftReport, NightSaid

MOST_NIGHTS = 60
NO_REPORT = "no_report"  # What is shown where a night lies between others, and nobody read it.
_MOST_COLUMNS = 12
_NIGHT = "????-??-??"
_Report = TypeVar("_Report", bound=BaseModel)


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
    unreadable: tuple[str, ...] = ()
    """Files that are damaged, or that a newer Roadworthy wrote; by their names below the folder."""


def read_reports(folder: Path) -> Reports:
    """Return the reports of the last sixty nights in `folder`: NIGHT.json, and drift/NIGHT/CAPABILITY@RELEASE.json."""
    nights = sorted(folder.glob(_NIGHT + ".json"))[-MOST_NIGHTS:]
    drifts = [path for night in sorted((folder / "drift").glob(_NIGHT))[-MOST_NIGHTS:] for path in _in(night)]
    found = {path: _read(path, NightRead) for path in nights} | {path: _read(path, DriftReport) for path in drifts}
    return Reports(
        tuple(one for one in found.values() if isinstance(one, NightRead)),
        tuple(one for one in found.values() if isinstance(one, DriftReport)),
        tuple(path.relative_to(folder).as_posix() for path, one in found.items() if one is None),
    )


def night_figures(reports: Reports) -> tuple[Figure, ...]:
    """Return how much of each promise is left, what each night said, and which features moved."""
    return (
        _promises(reports.nights),
        _night_verdicts(reports),
        _drift_verdicts(reports.drifts),
        *(
            _columns(name, tuple(one for one in reports.drifts if one.capability == name))
            for name in sorted({report.capability for report in reports.drifts})
        ),
    )


def _in(night: Path) -> list[Path]:
    # What starts with a point is being written.
    return sorted(path for path in night.glob("*.json") if not path.name.startswith("."))


def _read(path: Path, kind: type[_Report]) -> _Report | None:
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


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


def _night_verdicts(reports: Reports) -> Figure:
    missing = _missing([night.night for night in reports.nights])
    values = _Table((*missing, *(night.night for night in reports.nights)))
    for name in {one.capability for night in reports.nights for one in night.capabilities}:
        for gap in missing:
            values.put(gap, name, name, NO_REPORT)
    for night in reports.nights:
        for one in night.capabilities:
            values.put(night.night, one.capability, one.capability, one.verdict)
    return values.figure(
        "nights", "What the nights said", "The worst of each promise; no_data and no_report are no good signs.",
        None, Drawing.VERDICTS, tuple(f"{name} can't be read." for name in reports.unreadable),
    )  # fmt: skip


def _missing(there: list[date]) -> list[date]:
    """Return the nights between others of which there is no report. Longer gaps are no gaps: nights are replayed."""
    gaps = ((before, (after - before).days) for before, after in pairwise(sorted(there)))
    return [before + timedelta(days=day) for before, days in gaps if days <= MOST_NIGHTS for day in range(1, days)]


def _drift_verdicts(drifts: tuple[DriftReport, ...]) -> Figure:
    """Draw the worst of what is said of a capability's releases."""
    values = _Table(report.night for report in drifts)
    for report in sorted(drifts, key=lambda one: list(NightSaid).index(one.verdict)):
        values.put(report.night, report.capability, report.capability, report.verdict.value)
    return values.figure(
        "drift", "Drift", "What each night's rows said beside those that the release was made from.",
        None, Drawing.VERDICTS, _causes(drifts),
    )  # fmt: skip


def _columns(capability: str, drifts: tuple[DriftReport, ...]) -> Figure:
    """Draw the features that moved most, the largest change of any release."""
    moved: dict[str, dict[date, float]] = defaultdict(dict)
    for report in drifts:
        for column in report.columns:
            nights = moved[column.name]
            nights[report.night] = max(nights.get(report.night, 0.0), column.importance)
    ranked = sorted(moved, key=lambda name: (-max(moved[name].values()), name))
    values = _Table(report.night for report in drifts)
    for name in ranked[:_MOST_COLUMNS]:
        for night, importance in moved[name].items():
            values.put(night, name, capability, importance)
    return values.figure(
        f"drift_{capability}", f"Features of {capability} that moved",
        "The largest effect beside what would matter: from 1 on it matters.",
        Unit.TIMES, Drawing.HEAT, left_out=max(0, len(ranked) - _MOST_COLUMNS),
    )  # fmt: skip


def _causes(drifts: tuple[DriftReport, ...]) -> tuple[str, ...]:
    """Return what moved in the last night of each capability, and what was odd about its rows."""
    last = {report.capability: report.night for report in drifts}
    return tuple(
        f"{report.capability}{'' if report.release is None else f'@{report.release}'}, {report.night}: {text}"
        for report in drifts
        if report.night == last[report.capability]
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
        # Cells of a heat map stand in the order in which they were put: the largest first.
        ordered = self._values if drawing is Drawing.HEAT else sorted(self._values)
        series = tuple(
            Series(name, capability, tuple(self._values[name, capability].get(night) for night in self._nights))
            for name, capability in ordered
        )
        return Figure(key, title, says, unit, drawing, moments, series, left_out, notes)
