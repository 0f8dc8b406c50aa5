"""Places boxes in columns, sources on the left and the release on the right, so that few arrows cross.

The usual four passes (Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures",
IEEE Transactions on Systems, Man and Cybernetics 11(2), 1981): columns, points for arrows that pass a column, order
within a column by the neighbours' mean, heights.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import fsum
from operator import mul

from roadworthy.lineage.grouping import Arrow, Box, Boxes

HEIGHT = 50
_WIDTHS = {"source": 184, "artifact": 184, "step": 118, "release": 170}
_COLUMN_GAP, _ROW_GAP, _PASSING_HEIGHT, _MARGIN, _SWEEPS = 40, 18, 14, 24, 12
_STRAIGHT = 4


@dataclass(frozen=True)
class PlacedBox:
    """A box and its upper left corner, in pixels."""

    box: Box
    x: float
    y: float
    width: float
    height: float = HEIGHT


@dataclass(frozen=True)
class PlacedArrow:
    """An arrow, and its line as an SVG path."""

    arrow: Arrow
    path: str


@dataclass(frozen=True)
class Layout:
    """A picture of boxes and arrows, `width` by `height` pixels."""

    boxes: tuple[PlacedBox, ...]
    arrows: tuple[PlacedArrow, ...]
    width: float
    height: float


def place(picture: Boxes) -> Layout:
    """Give every box and every arrow its place; the same picture always gets the same layout."""
    return _Placing(picture).layout()


class _Placing:
    def __init__(self, picture: Boxes) -> None:
        self._picture = picture
        self._column = _columns(picture)
        self._routes = {arrow: self._route(arrow) for arrow in picture.arrows}
        self._neighbours: dict[str, set[str]] = {}
        for route in self._routes.values():
            for one, other in pairwise(route):
                self._neighbours.setdefault(one, set()).add(other)
                self._neighbours.setdefault(other, set()).add(one)
        self._order = self._ordered()
        self._middle = self._middles()
        self._left = self._lefts()

    def layout(self) -> Layout:
        boxes = tuple(
            PlacedBox(box, self._left[self._column[box.id]], self._middle[box.id] - HEIGHT / 2, _WIDTHS[box.kind])
            for box in self._picture.boxes
        )
        return Layout(
            boxes=boxes,
            arrows=tuple(PlacedArrow(arrow, self._path(arrow)) for arrow in self._picture.arrows),
            width=max(box.x + box.width for box in boxes) + _MARGIN,
            height=max(self._middle.values()) + HEIGHT / 2 + _MARGIN,
        )

    def _route(self, arrow: Arrow) -> list[str]:
        # Arrows from one box that pass the same column share their point there: they run as one line for a while.
        first, last = self._column[arrow.source], self._column[arrow.target]
        passing = [f"{arrow.source}|{column}" for column in range(first + 1, last)]
        self._column |= {point: first + 1 + index for index, point in enumerate(passing)}
        return [arrow.source, *passing, arrow.target]

    def _ordered(self) -> list[list[str]]:
        order: list[list[str]] = [[] for _ in range(max(self._column.values()) + 1)]
        for key in sorted(self._column):
            order[self._column[key]].append(key)
        for sweep in range(_SWEEPS):
            columns = range(len(order)) if sweep % 2 == 0 else reversed(range(len(order)))
            for column in columns:
                place = {key: index / len(keys) for keys in order for index, key in enumerate(keys)}
                order[column].sort(key=lambda key: (self._mean(key, place), key))
        return order

    def _middles(self) -> dict[str, float]:
        middle = {key: index * (HEIGHT + _ROW_GAP) for keys in self._order for index, key in enumerate(keys)}
        wanted = {key: float(value) for key, value in middle.items()}
        for sweep in range(_SWEEPS):
            for keys in self._order if sweep % 2 == 0 else reversed(self._order):
                self._spread(keys, {key: self._wanted(key, wanted) for key in keys}, wanted)
        top = min(wanted.values()) - HEIGHT / 2 - _MARGIN
        return {key: value - top for key, value in wanted.items()}

    def _spread(self, keys: list[str], mean: dict[str, float], middle: dict[str, float]) -> None:
        # Each as near to its neighbours' mean as the one above leaves room; then the whole column back by the excess.
        for above, key in zip([None, *keys], keys, strict=False):
            room = -1e9 if above is None else middle[above] + self._need(above, key)
            middle[key] = max(mean[key], room)
        excess = sum(middle[key] - mean[key] for key in keys) / len(keys)
        for key in keys:
            middle[key] -= excess

    def _need(self, above: str, below: str) -> float:
        return _ROW_GAP + sum(_PASSING_HEIGHT if "|" in key else HEIGHT for key in (above, below)) / 2

    def _wanted(self, key: str, middle: dict[str, float]) -> float:
        # A line that passes several columns is to be straight rather than short: its own points weigh more.
        around = sorted(self._neighbours.get(key, {key}))
        weights = [_STRAIGHT if "|" in key and "|" in other else 1 for other in around]
        return fsum(map(mul, weights, (middle[other] for other in around))) / sum(weights)

    def _mean(self, key: str, place: dict[str, float]) -> float:
        around = sorted(place[other] for other in self._neighbours.get(key, {key}))
        return sum(around) / len(around)

    def _lefts(self) -> list[float]:
        widest = [0] * len(self._order)
        for box in self._picture.boxes:
            widest[self._column[box.id]] = max(widest[self._column[box.id]], _WIDTHS[box.kind])
        lefts = [float(_MARGIN)]
        for width in widest:
            lefts.append(lefts[-1] + width + _COLUMN_GAP)
        return lefts

    def _path(self, arrow: Arrow) -> str:
        route = self._routes[arrow]
        x = self._left[self._column[arrow.source]] + _WIDTHS[self._picture.box(arrow.source).kind]
        y = self._middle[arrow.source]
        path = f"M{x:.0f} {y:.0f}"
        for key in route[1:]:
            left, below = self._left[self._column[key]], self._middle[key]
            bend = (left - x) / 2
            path += f" C{x + bend:.0f} {y:.0f} {left - bend:.0f} {below:.0f} {left:.0f} {below:.0f}"
            x, y = left, below
            if key != route[-1]:
                # Straight through the column that it passes.
                x = self._left[self._column[key] + 1] - _COLUMN_GAP
                path += f" H{x:.0f}"
        return path


def _columns(picture: Boxes) -> dict[str, int]:
    """Return the length of the longest way to each box; a source stands right before the first that reads it."""
    column: dict[str, int] = {}

    def longest(key: str) -> int:
        if key not in column:
            column[key] = max((longest(before.id) + 1 for before in picture.into(key)), default=0)
        return column[key]

    for box in picture.boxes:
        longest(box.id)
    for box in picture.boxes:
        if box.kind == "source":
            readers = [column[arrow.target] for arrow in picture.arrows if arrow.source == box.id]
            column[box.id] = max(0, min(readers, default=1) - 1)
    return column
