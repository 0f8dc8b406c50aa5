"""BEGIN's ratings: is a reply fully attributable to the knowledge that it was given?

Dziri, Rashkin, Linzen and Reitter, Evaluating attribution in dialogue systems: the BEGIN benchmark, TACL 10 (2022).
"""

from __future__ import annotations

import csv
from pathlib import Path

from roadworthy.evaluation.judges.interface import Case
from roadworthy.evaluation.labels.interface import LabelledCase, broken

_APPROVED = "Fully attributable"
_KNOWN = {_APPROVED, "Not fully attributable", "Generic"}


def read_begin(path: Path, passages: Path | None = None) -> tuple[LabelledCase, ...]:
    """See `ReadLabels`. Approved is what people found fully attributable; what is generic is not."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        try:
            return tuple(_case(path, number, row) for number, row in enumerate(rows, start=2))
        except csv.Error as error:
            raise broken(path, rows.line_num, f"the line can't be read: {error}") from None


def _case(path: Path, number: int, row: dict[str, str | None]) -> LabelledCase:
    said = (row.get("begin_label") or "").strip()
    if said not in _KNOWN:
        raise broken(path, number, f"begin_label is {said!r}, and none of {', '.join(sorted(_KNOWN))}")
    question, reply, knowledge = (row.get(name) or "" for name in ("message", "response", "knowledge"))
    return LabelledCase(Case(question, reply, (knowledge,)), said == _APPROVED)
