"""Finds where in the beginning of a text a match may have begun that only what comes next will finish.

Made from a pattern's syntax tree: for "a, then b, then c" the prefix pattern reads "the text ends; or a, and then the
text ends, or b, and then the text ends, or c". It finds every match that could still be finished, changed or undone by
what follows, and some that could not: conditions that look ahead are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_END = r"\Z"
_NEVER = "(?!)"
_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_SIGNS = {"MAX_REPEAT": "", "MIN_REPEAT": "?", "POSSESSIVE_REPEAT": "+"}
_LETTER_FLAGS = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"), (re.ASCII, "a"))

Node = tuple[Any, Any]


def unfinished(patterns: Iterable[re.Pattern[str]], text: str, since: int = 0) -> int:
    """Return the first position at or after `since` at which a match may have begun that `text` does not end.

    Every match of one of `patterns` in any continuation of `text` that begins before it, and not before `since`, is
    one in `text` as well, and the same one.
    """
    earliest = len(text)
    for pattern in patterns:
        match = prefix_pattern(pattern).search(text, since)
        if match is not None:
            earliest = min(earliest, match.start())
    return earliest


@lru_cache(maxsize=1024)
def prefix_pattern(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Return a pattern that matches, up to the text's end, what may be the beginning of a match of `pattern`."""
    # Late imports: start-up time. The parser is not public; the tests hold it to what it is used for here.
    from re import _parser  # type: ignore[attr-defined]

    tree = _parser.parse(pattern.pattern, pattern.flags)
    flags = pattern.flags & (re.IGNORECASE | re.MULTILINE | re.DOTALL | re.ASCII)
    return re.compile(_Writer(list(tree)).begun(list(tree)), flags)


class _Writer:
    """Writes nodes of one syntax tree as patterns: whole, or begun and cut off by the end of the text."""

    def __init__(self, tree: list[Node]) -> None:
        self._groups: dict[int, list[Node]] = {}
        self._note(tree)

    def begun(self, nodes: list[Node]) -> str:
        """Write "any beginning of these nodes, up to the end"."""
        written = _END
        for node in reversed(nodes):
            written = f"(?:{self._begun_one(node)}|{self._whole_one(node)}{written})"
        return written

    def whole(self, nodes: list[Node]) -> str:
        """Write all of these nodes; what looks ahead is left out."""
        return "".join(map(self._whole_one, nodes))

    def _note(self, nodes: list[Node]) -> None:
        """Note what stands in each group, for those that are referred to."""
        for node in nodes:
            if str(node[0]) == "SUBPATTERN":
                self._groups[node[1][0]] = list(node[1][3])
            for body in _bodies(str(node[0]), node[1]):
                self._note(list(body))

    def _begun_one(self, node: Node) -> str:
        kind, value = str(node[0]), node[1]
        if kind in _SIGNS:
            return self._begun_repeat(value)
        if kind == "BRANCH":
            return "|".join(self.begun(list(branch)) for branch in value[1])
        if kind == "SUBPATTERN":
            return _flagged(value, self.begun(list(value[3])))
        if kind == "ATOMIC_GROUP":
            return self.begun(list(value))
        if kind in ("ASSERT", "ASSERT_NOT"):
            return self.begun(list(value[1])) if value[0] > 0 else _NEVER
        if kind == "GROUPREF":
            return self.begun(self._group(value))
        return _END

    def _begun_repeat(self, value: Any) -> str:
        _, most, body = value
        nodes = list(body)
        return f"(?:{self.whole(nodes)}){_times(0, most)}{self.begun(nodes)}"

    def _whole_one(self, node: Node) -> str:
        kind, value = str(node[0]), node[1]
        if kind in _SIGNS:
            least, most, body = value
            return f"(?:{self.whole(list(body))}){_times(least, most)}{_SIGNS[kind]}"
        if kind == "BRANCH":
            return "(?:" + "|".join(self.whole(list(branch)) for branch in value[1]) + ")"
        if kind == "SUBPATTERN":
            return _flagged(value, self.whole(list(value[3])))
        if kind == "ATOMIC_GROUP":
            return f"(?>{self.whole(list(value))})"
        if kind in ("ASSERT", "ASSERT_NOT"):
            return self._behind(kind, value)
        if kind == "GROUPREF":
            return f"(?:{self.whole(self._group(value))})"
        return _character(kind, value)

    def _group(self, number: int) -> list[Node]:
        if number not in self._groups:
            raise ValueError("no prefix pattern is known for a reference into a condition")
        return self._groups[number]

    def _behind(self, kind: str, value: Any) -> str:
        sign = "=" if kind == "ASSERT" else "!"
        return f"(?<{sign}{self.whole(list(value[1]))})" if value[0] < 0 else ""


def _bodies(kind: str, value: Any) -> list[Any]:
    """Return what stands inside a node."""
    if kind == "SUBPATTERN":
        return [value[3]]
    if kind == "BRANCH":
        return list(value[1])
    if kind == "ATOMIC_GROUP":
        return [value]
    return [value[2]] if kind in _SIGNS else []


def _flagged(value: Any, written: str) -> str:
    _, added, removed, _ = value
    on = "".join(letter for flag, letter in _LETTER_FLAGS if added & flag)
    off = "".join(letter for flag, letter in _LETTER_FLAGS if removed & flag)
    return f"(?{on}{'-' + off if off else ''}:{written})"


def _times(least: int, most: Any) -> str:
    return f"{{{least},{'' if str(most) == 'MAXREPEAT' else most}}}"


def _character(kind: str, value: Any) -> str:
    if kind == "AT":
        return _position(str(value))
    if kind == "LITERAL":
        return re.escape(chr(value))
    if kind == "NOT_LITERAL":
        return f"[^{_in_class(value)}]"
    if kind == "ANY":
        return "."
    if kind == "IN":
        return f"[{''.join(_member(str(one), inner) for one, inner in value)}]"
    raise ValueError(f"no prefix pattern is known for {kind}")


def _position(kind: str) -> str:
    """Write a position; at the text's end nobody knows yet what it will be."""
    known = {
        "AT_BEGINNING": "^",
        "AT_BEGINNING_STRING": r"\A",
        "AT_BOUNDARY": rf"(?:\b|{_END})",
        "AT_NON_BOUNDARY": rf"(?:\B|{_END})",
    }
    return known.get(kind, "")


def _member(kind: str, value: Any) -> str:
    if kind == "NEGATE":
        return "^"
    if kind == "CATEGORY":
        return _CATEGORIES[str(value)]
    if kind == "RANGE":
        return f"{_in_class(value[0])}-{_in_class(value[1])}"
    return _in_class(value)


def _in_class(code: int) -> str:
    return f"\\U{code:08x}"
