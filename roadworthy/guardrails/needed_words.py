"""Tells, from a pattern's syntax tree, words without which it can't match: looking for those is far quicker.

A pattern such as `(?:show|tell) .{0,40}customers?` needs "show" or "tell", and "customer". In most texts one of them
is missing, and the pattern, which takes some ten times as long, is never tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

Words = frozenset[str]
"""Of which a match holds one at least, in lower case."""
Node = tuple[Any, Any]

_MOST_WORDS = 256
_MOST_LISTS = 3
"""More lists of words would seldom tell more."""
_NOTHING: Words = frozenset({""})
_CASELESS = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})
"""What `re.IGNORECASE` takes for an ASCII letter and `str.lower` does not write as that one character."""
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_EMPTY = ("AT", "ASSERT", "ASSERT_NOT")
"""Conditions: they match no character, and what they look for is not asked for."""


@dataclass(frozen=True)
class Sieved:
    """A pattern that need not be tried where its words are missing."""

    pattern: re.Pattern[str]
    needed: tuple[tuple[str, ...], ...]
    """Of each of these lists every match holds one word at least."""

    def may_match(self, folded: str) -> bool:
        """Tell whether the pattern may match in a text; `folded` is what `fold` makes of the text."""
        for words in self.needed:
            for word in words:
                if word in folded:
                    break
            else:
                return False
        return True


def fold(text: str) -> str:
    """Return `text` with each letter as the needed words have it; positions stay, as far as ASCII is concerned."""
    return text.lower() if text.isascii() else text.translate(_CASELESS).lower()


def sieve(pattern: re.Pattern[str]) -> Sieved:
    """Return a compiled pattern with the words that it needs; with none when its tree tells of none."""
    # Late imports: start-up time. The parser is not public; the tests hold it to what it is used for here.
    from re import _parser  # type: ignore[attr-defined]

    try:
        told = _read(_parser.parse(pattern.pattern, pattern.flags))
    except RecursionError:  # Nested more deeply than this reads, though not than `re` does.
        return Sieved(pattern, ())
    lists = dict.fromkeys(_shortest(words) for words in told.lists if _is_telling(words))
    # The most telling ones; of those the shortest is soonest looked through.
    return Sieved(pattern, tuple(sorted(sorted(lists, key=_rank)[:_MOST_LISTS], key=len)))


@dataclass(frozen=True)
class _Told:
    """What is known of the texts that some nodes match."""

    all: Words | None
    """All that they match, in lower case; None when that is not to be listed."""
    some: tuple[Words, ...] = ()
    """When it is not: of each of these they match one, somewhere in it."""

    @property
    def lists(self) -> tuple[Words, ...]:
        return self.some if self.all is None else (self.all,)


_UNKNOWN = _Told(None)


def _read(nodes: Iterable[Node]) -> _Told:
    """Put together what follows each other."""
    found: list[Words] = []
    run, whole = _NOTHING, True
    for told in map(_read_one, nodes):
        if told.all is not None and len(run) * len(told.all) <= _MOST_WORDS:
            run = frozenset(map("".join, product(run, told.all)))
            continue
        found += [run, *told.some]
        run, whole = _NOTHING if told.all is None else told.all, False
    return _Told(run) if whole else _Told(None, (*found, run))


def _read_one(node: Node) -> _Told:
    kind, value = str(node[0]), node[1]
    if kind in _EMPTY:
        return _Told(_NOTHING)
    if kind == "LITERAL":
        return _letters([value])
    if kind == "IN":
        return _letters(_members(value))
    if kind == "SUBPATTERN":
        return _read(value[3])
    if kind == "ATOMIC_GROUP":
        return _read(value)
    if kind == "BRANCH":
        return _either([_read(branch) for branch in value[1]])
    return _repeated(*value) if kind in _REPEATS else _UNKNOWN


def _letters(codes: Iterable[int]) -> _Told:
    letters = frozenset(chr(code).lower() for code in codes)
    # Other alphabets have cases of their own.
    return _Told(letters) if letters and all(map(str.isascii, letters)) else _UNKNOWN


def _members(members: Iterable[Node]) -> Iterator[int]:
    """Return the characters of a class if they are few; nothing for others."""
    codes: list[int] = []
    for kind, value in members:
        if str(kind) == "LITERAL":
            codes.append(value)
        elif str(kind) == "RANGE" and value[1] - value[0] < _MOST_WORDS:
            codes += range(value[0], value[1] + 1)
        else:
            return iter(())
    return iter(codes)


def _either(branches: list[_Told]) -> _Told:
    listed = [branch.all for branch in branches if branch.all is not None]
    if len(listed) == len(branches) and sum(map(len, listed)) <= _MOST_WORDS:
        return _Told(frozenset().union(*listed))
    best = [min(filter(_is_telling, branch.lists), key=_rank, default=None) for branch in branches]
    words = [one for one in best if one is not None]
    if len(words) < len(branches) or sum(map(len, words)) > _MOST_WORDS:
        return _UNKNOWN
    return _Told(None, (frozenset().union(*words),))


def _repeated(least: int, most: Any, body: Iterable[Node]) -> _Told:
    told = _read(body)
    if least == most == 1:
        return told
    if least == 0:
        return _Told(told.all | _NOTHING) if most == 1 and told.all is not None else _UNKNOWN
    return _Told(None, told.lists)


def _is_telling(words: Words) -> bool:
    """Tell whether it is worth while to look for these: a letter, or a space, stands in every text."""
    return all(len(word) > 1 or (word and not word.isalnum() and not word.isspace()) for word in words)


def _rank(words: Iterable[str]) -> tuple[int, int, list[str]]:
    """Put first what is missing most often, then what is looked for soonest."""
    ordered = sorted(words)
    return -min(map(len, ordered)), len(ordered), ordered


def _shortest(words: Words) -> tuple[str, ...]:
    """Leave out words that hold another one."""
    return tuple(sorted(word for word in words if not any(other in word for other in words if other != word)))
