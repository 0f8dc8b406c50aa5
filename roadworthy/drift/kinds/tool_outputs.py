"""Tool outputs: which tools are called, how their calls end, and the schema and values of what each of them returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.baseline import Baseline
from roadworthy.drift.kinds.counting import Counted, Texts, learn_baseline, part
from roadworthy.drift.kinds.interface import SCHEMA_VERSION, CulpritKind, DriftKind, KindVerdict, State
from roadworthy.drift.kinds.judging import Accuse, Blame, judge_columns, unfit, without_judgement
from roadworthy.drift.verdicts import ColumnVerdict, NightVerdict

DONE = "done"
"""The verdict on a call that gave an output."""
_TOOL = "tool"
_FEWEST_CALLS = 100
_BETWEEN = ": "
_FIELD = ": ."
_MOST_FIELDS = 30
"""Of one tool; the ones that are there most often."""


@dataclass(frozen=True)
class ToolOutput:
    """One call of a tool."""

    tool: str
    verdict: str
    """How it ended: done, refused, needs_approval, failed."""
    schema: str = ""
    """The digest of its output's fields and their types; empty when there is no output, or it is not known."""
    length: float = float("nan")
    """Of its output, in characters."""
    fields: Mapping[str, float] = field(default_factory=dict)
    """See `OutputShape.fields`."""


@dataclass(frozen=True)
class ToolNight:
    """All calls of one day."""

    day: date
    outputs: Sequence[ToolOutput]
    schema: int = SCHEMA_VERSION


@dataclass(frozen=True)
class ToolWatch:
    """Watches tools; the culprits are tools. Which ones are called may follow from what is asked."""

    baseline: Baseline | None
    kind = DriftKind.TOOLS

    @classmethod
    def learned_from(cls, reference: Sequence[ToolNight]) -> ToolWatch:
        """Learn from nights; fields that a tool seldom returns are left out."""
        kept = _usual_fields(reference)
        return cls(learn_baseline([_counted(night, kept) for night in reference]))

    def judge(self, tonight: ToolNight, policy: AlarmPolicy) -> KindVerdict:
        """See `KindWatch.judge`."""
        bad = unfit(self.kind, tonight.day, tonight.schema, known=self.baseline is not None)
        if bad or self.baseline is None:
            return bad or without_judgement(self.kind, tonight.day, State.NO_REFERENCE, "there is no reference")
        kept = frozenset(one.name for one in self.baseline.layout.columns)
        few = policy.model_copy(update={"fewest_rows": min(policy.fewest_rows, _FEWEST_CALLS)})
        return judge_columns(self.kind, _counted(tonight, kept), self.baseline, few, _accuser)


def _accuser(found: NightVerdict, policy: AlarmPolicy) -> Accuse:
    return _blame


def _blame(column: ColumnVerdict) -> Blame:
    if column.name != _TOOL:
        return Blame(CulpritKind.TOOL, column.name.split(_BETWEEN, 1)[0])
    return Blame(CulpritKind.TOOL, column.moves[0].cell if column.moves else "unknown", own=False, rank=1)


def _usual_fields(reference: Sequence[ToolNight]) -> frozenset[str]:
    """Return the columns of the fields that each tool returns most often."""
    found: dict[str, Counter[str]] = {}
    for night in reference:
        for one in night.outputs:
            found.setdefault(one.tool, Counter()).update(one.fields.keys())
    return frozenset(
        f"{tool}{_FIELD}{name}" for tool, names in found.items() for name, _ in names.most_common(_MOST_FIELDS)
    )


def _counted(night: ToolNight, kept: frozenset[str]) -> Counted:
    by_tool: dict[str, list[ToolOutput]] = {}
    for one in night.outputs:
        by_tool.setdefault(one.tool, []).append(one)
    texts: dict[str, Texts] = {_TOOL: [one.tool for one in night.outputs]}
    numbers: dict[str, NDArray[np.float64]] = {}
    for tool, some in by_tool.items():
        texts[f"{tool}{_BETWEEN}done"] = part([one.verdict == DONE for one in some])
        done = [one for one in some if one.schema]
        texts[f"{tool}{_BETWEEN}schema"] = [one.schema for one in done]
        numbers[f"{tool}{_BETWEEN}length"] = np.array([one.length for one in done])
        numbers |= _values(tool, done, kept)
    return Counted(night.day, len(night.outputs), numbers, texts)


def _values(tool: str, done: Sequence[ToolOutput], kept: frozenset[str]) -> dict[str, NDArray[np.float64]]:
    """Return a column for each field; one that an output lacks is missing there."""
    start = f"{tool}{_FIELD}"
    names = [name.removeprefix(start) for name in sorted(kept) if name.startswith(start)]
    return {f"{start}{name}": np.array([one.fields.get(name, np.nan) for one in done]) for name in names}
