"""Label values within bounds, and series that are looked up once."""

from __future__ import annotations

from typing import Generic, TypeVar

from prometheus_client import Counter, Histogram

OTHER = "other"
"""Stands for every value that came after there were enough."""

_Family = TypeVar("_Family", Counter, Histogram)


class Bounded:
    """Lets the first values through as they are: whoever chooses values can't fill Prometheus with series."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, value: str) -> str:
        """Return the value, or `OTHER`."""
        if value in self._known:
            return value
        if len(self._known) >= self._most:
            return OTHER
        self._known.add(value)
        return value


class Series(Generic[_Family]):
    """The series of a family by their labels' values; to find one is one look into a dictionary."""

    def __init__(self, family: _Family) -> None:
        self._family: _Family = family
        self._found: dict[tuple[str, ...], _Family] = {}

    def at(self, *values: str) -> _Family:
        """Return the series with these values, in the order of the family's labels."""
        found = self._found.get(values)
        if found is None:
            found = self._found[values] = self._family.labels(*values)
        return found
