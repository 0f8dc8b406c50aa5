"""Whether the tool call that a right answer needs was made, as it should be."""

from __future__ import annotations

from typing import Any

from roadworthy.evaluation.queries import ExpectedCall, Query
from roadworthy.evaluation.scorers.interface import Score
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.exchange.interface import Answer
from roadworthy.tools.interface import CallOutcome, CallVerdict


class ToolCorrectness:
    """2 the call with its arguments and verdict, and nothing else done; 1 the right tool, with a flaw; 0 no call.

    Flaws: another argument, another verdict, or a further tool that did something.
    """

    version = 1
    deterministic = True

    def score(self, query: Query, answer: Answer) -> tuple[Score, ...]:
        """Score the calls of a query that needs one."""
        if query.call is None:
            return (_score(None, "no call is needed"),)
        made = [outcome for outcome in answer.calls if outcome.call.tool == query.call.tool]
        if not made:
            return (_score(0, f"{query.call.tool} was not called"),)
        flaw = min((_flaw(query.call, outcome) for outcome in made), key=len)
        others = {one.call.tool for one in answer.calls if one.verdict is CallVerdict.DONE} - {query.call.tool}
        if not flaw and others:
            flaw = f"{min(others)} was used besides"
        return (_score(1, flaw) if flaw else _score(2, "called as it should be"),)


def _flaw(expected: ExpectedCall, outcome: CallOutcome) -> str:
    """Return what is wrong with a call; empty when nothing is."""
    given = outcome.arguments or outcome.call.arguments
    for name, value in expected.arguments.items():
        if name not in given or not same(given[name], value):
            return f"{expected.tool} was called with another {name}"
    if outcome.verdict.value != expected.verdict:
        return f"the call is {outcome.verdict}, where it should be {expected.verdict}"
    return ""


def same(given: Any, expected: Any) -> bool:
    """Tell whether two JSON values mean the same: 25 and 25.0 do, texts of another case do; True and 1 don't."""
    if isinstance(given, str) and isinstance(expected, str):
        return given.strip().casefold() == expected.strip().casefold()
    if isinstance(given, bool) or isinstance(expected, bool):
        return given is expected
    if isinstance(given, dict) and isinstance(expected, dict):
        return given.keys() == expected.keys() and all(same(given[key], expected[key]) for key in given)
    if isinstance(given, list) and isinstance(expected, list):
        return len(given) == len(expected) and all(map(same, given, expected))
    return bool(given == expected)


def _score(value: float | None, reason: str) -> Score:
    return Score(metric=AnswerMetric.TOOL_CORRECTNESS, value=value, reason=reason)
