"""How a drift report reads in a terminal: features ranked by how much they moved, what moved, and what is odd."""

from __future__ import annotations

from cli.output import columns
from roadworthy.drift.effects import Aspect
from roadworthy.drift.report import ColumnDrift, DriftReport
from roadworthy.drift.verdicts import Verdict

_MOST = 10
_FEWEST = 3


def drift_lines(report: DriftReport) -> list[str]:
    """Return the report's lines: its features that moved, or the three that moved most where none did."""
    moved = [one for one in report.columns if one.verdict is not Verdict.STEADY]
    shown = (moved or list(report.columns[:_FEWEST]))[:_MOST]
    rows = [("feature", "verdict", "PSI", "no value", "p adjusted", "what moved"), *map(_row, shown)]
    left = [f"and {len(moved) - len(shown)} more features moved"] if len(moved) > len(shown) else []
    odd = [f"odd: {one.said}" for one in report.conditions]
    return [*(columns(rows) if shown else []), *left, *odd]


def _row(one: ColumnDrift) -> tuple[str, ...]:
    said = one.cause.removeprefix(f"{one.name}: ") if one.verdict is not Verdict.STEADY else f"{Aspect(one.aspect)}"
    return (one.name, one.verdict, f"{one.psi:.2f}", f"{one.missing:+.1%}", f"{one.adjusted:.2g}", said)
