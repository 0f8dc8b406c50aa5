"""The keys of a prediction's rows, by which the caller will name them when their labels are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.problems import FieldProblem, Problem

_MEMBER = "keys"
_LONGEST = 200


@dataclass(frozen=True)
class KeyedBody:
    """A request's body without its keys, and the keys, which may be anything."""

    body: object
    keys: Any = None

    def digests(self, rows: int, digest_of: Callable[[str], str]) -> tuple[str, ...]:
        """Return the digest of each row's key; empty without keys. Raises `Problem` where they don't fit the rows."""
        if self.keys is None:
            return ()
        if type(self.keys) is not list or len(self.keys) != rows:
            raise _misfit("", f"should be a list with a key for each of the {rows:,} rows")
        for place, key in enumerate(self.keys):
            if type(key) is not str or not 1 <= len(key) <= _LONGEST:
                raise _misfit(f"/{place}", f"should be a text of 1 to {_LONGEST} characters")
        return tuple([digest_of(key) for key in self.keys])


def split_keys(body: object) -> KeyedBody:
    """Take the keys out of a JSON body, before its rows are read."""
    if not isinstance(body, dict) or _MEMBER not in body:
        return KeyedBody(body)
    rest = {name: value for name, value in body.items() if name != _MEMBER}
    # `null` is no list: it is told, and not taken for no keys.
    return KeyedBody(rest, body[_MEMBER] if body[_MEMBER] is not None else "null")


def _misfit(pointer: str, problem: str) -> Problem:
    place = f"/{_MEMBER}{pointer}"
    return Problem("invalid-rows", 422, f"{place} {problem}", (FieldProblem(place, problem),))
