"""Reports of nights as the watch writes them: a few nights of one trained model, the last one with drift."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

from roadworthy.drift.effects import Aspect
from roadworthy.drift.evidence.interface import Basis
from roadworthy.drift.report import ColumnDrift, Condition, DriftReport, NightSaid, Oddity, Origin
from roadworthy.drift.verdicts import Verdict

FIRST = date(2026, 7, 10)


def column(name: str, importance: float) -> ColumnDrift:
    """Return a feature that moved by `importance` times what matters."""
    verdict = Verdict.DRIFT if importance >= 1 else Verdict.STEADY
    return ColumnDrift(
        name=name, verdict=verdict, aspect=next(iter(Aspect)), importance=importance, psi=0.1, jensen_shannon=0.1,
        missing=0.0, unseen=0.0, p_value=0.001, adjusted=0.01, basis=next(iter(Basis)), rows=900, usable=900, moves=(),
        cause=f"{name}: more of <b>ZZ</b>",
    )  # fmt: skip


def drift_report(night: date, *columns: ColumnDrift, release: int | None = 3, odd: str = "") -> DriftReport:
    """Return what was said of the rows of one release."""
    drifted = any(one.verdict is Verdict.DRIFT for one in columns)
    return DriftReport(
        capability="flight-delay", night=night, origin=Origin.GATEWAY, release=release, digest="d" * 64,
        verdict=NightSaid.DRIFT if drifted else NightSaid.STEADY, rows=900, served=900, reference=None, level=0.002,
        columns=columns, conditions=(Condition(oddity=Oddity.SMALL_NIGHT, said=odd),) if odd else (),
    )  # fmt: skip


def write_nights(folder: Path, nights: int = 3) -> None:
    """Write `nights` reports into `folder`, each of a promise and of drift."""
    for number in range(nights):
        night, last = FIRST + timedelta(days=number), number == nights - 1
        budget = {"objective": {"kind": "success"}, "verdict": "kept", "left": 0.9 - number / 10, "requests": 900}
        capability = {"capability": "flight-delay", "verdict": "page" if last else "kept", "budgets": [budget]}
        (folder / "drift" / str(night)).mkdir(parents=True)
        (folder / f"{night}.json").write_text(json.dumps({"night": str(night), "capabilities": [capability]}))
        report = drift_report(night, column("dep_hour", 2.5 if last else 0.2), column("distance", 0.1))
        (folder / "drift" / str(night) / "flight-delay@3.json").write_bytes(report.to_bytes())
