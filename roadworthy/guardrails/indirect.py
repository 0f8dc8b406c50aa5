"""The guard over documents and tool outputs: what reads as an instruction to the assistant is taken out, visibly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from roadworthy.guardrails.encodings import views
from roadworthy.guardrails.injection import Signal
from roadworthy.guardrails.interface import Context, Place, Scan, Verdict

MARKER = "[removed: it read as an instruction]"
_UNIT = re.compile(r"(?:\\[^n]|[^\"\\\n.!?]|[.!?](?![\s\"]|$))+[.!?]?")
"""A sentence, or what stands between two quotes or lines: a marker never breaks the JSON around it."""
_SPREAD = 3
"""An instruction may be spread over so many units."""


class IndirectGuard:
    """Replaces each unit that reaches a signal's threshold by a marker; never adds anything, never blocks."""

    name = "indirect-injection"

    def __init__(
        self,
        signals: Sequence[Signal],
        places: frozenset[Place] = frozenset({Place.DOCUMENT, Place.TOOL_OUTPUT}),
    ) -> None:
        self.places = places
        self._signals = tuple(signals)

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Look at each unit, and at each few neighbours together."""
        units = [match.span() for match in _UNIT.finditer(text) if match.group().strip(" \t,:;|")]
        taken = self._taken(text, units)
        if not taken:
            return Scan(Verdict.ALLOWED, text)
        return Scan(Verdict.CHANGED, _without(text, sorted(taken)), f"{len(taken)} units read as instructions")

    def _taken(self, text: str, units: list[tuple[int, int]]) -> set[tuple[int, int]]:
        whole = [text[start:end].strip() for start, end in units]
        # Quick: most documents are honest, and are then done with.
        if not any(self._reads_as_instruction(join.join(whole)) for join in ("\n", " ")):
            return set()
        taken: set[tuple[int, int]] = set()
        for size in range(1, _SPREAD + 1):
            for window in _windows(units, size):
                if not taken.intersection(window) and self._reads_as_instruction(_joined(text, window)):
                    taken.update(window)
        return taken

    def _reads_as_instruction(self, text: str) -> bool:
        return any(
            not signal.detector.score(view.text) < signal.threshold for view in views(text) for signal in self._signals
        )


def _windows(units: list[tuple[int, int]], size: int) -> Iterator[list[tuple[int, int]]]:
    return (units[first : first + size] for first in range(len(units) - size + 1))


def _joined(text: str, window: list[tuple[int, int]]) -> str:
    return " ".join(text[start:end].strip() for start, end in window)


def _without(text: str, taken: list[tuple[int, int]]) -> str:
    pieces, end = [], 0
    for first, last in taken:
        inner = text[first:last]
        lead = inner[: len(inner) - len(inner.lstrip())]
        pieces += [text[end:first], lead, MARKER]
        end = last
    return "".join([*pieces, text[end:]])
