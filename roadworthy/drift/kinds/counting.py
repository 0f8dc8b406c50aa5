"""Turns observations that are in memory into the profiles by which nights are compared."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from roadworthy.drift.baseline import Baseline, Night, Season
from roadworthy.drift.profile.categorical import LONGEST_NAME, CategoricalLayout
from roadworthy.drift.profile.laying_out import BINS, MOST_CATEGORIES
from roadworthy.drift.profile.numeric import NumericLayout
from roadworthy.drift.profile.profile import AnyLayout, AnyProfile, Layout, Profile

Texts = Sequence[str | None] | Counter[str | None]
"""One value a row, or how many rows have each."""
_STEPS = 13
_FEWEST_BINS = 4
_ROWS_A_BIN = 10
"""A usual night has so many in each bin: bins with few rows are not compared one by one."""
_USUAL_NOVELTY = 0.005
"""Where a night of the reference brings more values than this that no other night of it had, new values are usual."""


@dataclass(frozen=True)
class Counted:
    """One night's columns, of whatever lengths: numbers with NaN where there is none, texts with None."""

    day: date
    rows: int
    numbers: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    texts: Mapping[str, Texts] = field(default_factory=dict)


def learn_baseline(nights: Sequence[Counted], season: Season = Season.NONE) -> Baseline | None:
    """Lay out the columns of the reference's nights and count them; None when they hold no rows."""
    ordered = sorted((one for one in nights if one.rows), key=lambda one: one.day)
    if not ordered:
        return None
    numbers = sorted({name for one in ordered for name in one.numbers})
    texts = sorted({name for one in ordered for name in one.texts} - set(numbers))
    columns: list[AnyLayout] = [_number_layout(name, ordered) for name in numbers]
    columns += [_text_layout(name, ordered) for name in texts]
    layout = Layout(columns=tuple(columns))
    return Baseline(layout, [count(one, layout) for one in ordered], season)


def count(night: Counted, layout: Layout) -> Night:
    """Count a night's columns; one that it does not have has no rows."""
    columns = {one.name: _column(night, one) for one in layout.columns}
    unknown = {*night.numbers, *night.texts} - columns.keys()
    return Night(
        night.day, Profile(layout=layout.digest, rows=night.rows, columns=columns, unknown=tuple(sorted(unknown)))
    )


def part(values: Sequence[bool] | NDArray[np.bool_]) -> Counter[str | None]:
    """Return a column whose share without a value is that of False: how a single share is watched."""
    yes = int(np.count_nonzero(values))
    return Counter({"yes": yes, None: len(values) - yes})


def _column(night: Counted, layout: AnyLayout) -> AnyProfile:
    # Late imports: start-up time.
    import pyarrow

    if isinstance(layout, NumericLayout):
        numbers = night.numbers.get(layout.name)
        if numbers is None or not len(numbers):
            return layout.absent(0)
        values = np.asarray(numbers, dtype=np.float64)
        return layout.count(pyarrow.array(values, mask=np.isnan(values)))
    return layout.count(Counter(night.texts.get(layout.name, ())))


def _number_layout(name: str, nights: Sequence[Counted]) -> NumericLayout:
    parts = [np.asarray(one.numbers[name], dtype=np.float64) for one in nights if name in one.numbers]
    values = np.concatenate(parts)
    values = values[np.isfinite(values)]
    if not len(values):
        return NumericLayout(name=name, lowest=None, edges=())
    low, high = float(values.min()) + 0.0, float(values.max()) + 0.0
    bins = int(np.clip(np.median([len(one) for one in parts]) // _ROWS_A_BIN, _FEWEST_BINS, BINS))
    inner = np.quantile(values, [place / bins for place in range(1, bins)], method="inverted_cdf")
    edges = tuple(sorted({float(edge) + 0.0 for edge in (*inner, high)}))
    half = high / 2 - low / 2
    exponent = math.frexp(half)[1] - _STEPS if half else 0
    return NumericLayout(name=name, lowest=low, edges=edges, origin=low / 2 + high / 2, exponent=exponent)


def _text_layout(name: str, nights: Sequence[Counted]) -> CategoricalLayout:
    by_night = [_named(night.texts.get(name, ())) for night in nights]
    total = sum(by_night, Counter[str]())
    closed = not _new_ones_are_usual(by_night, total)
    known = [one for one in total if closed or _is_habit(one, by_night)]
    ranked = sorted(known, key=lambda category: (-total[category], category))
    complete = closed and len(ranked) <= MOST_CATEGORIES
    return CategoricalLayout(name=name, categories=tuple(ranked[:MOST_CATEGORIES]), complete=complete)


def _is_habit(category: str, by_night: Sequence[Counter[str]]) -> bool:
    """Tell whether half of the nights had it: where new values are usual, the others are no cells of their own."""
    return sum(category in night for night in by_night) * 2 >= sum(map(bool, by_night))


def _named(values: Texts) -> Counter[str]:
    found = Counter[str]()
    for value, rows in Counter(values).items():
        if value is not None and rows:
            found[value[:LONGEST_NAME]] += rows
    return found


def _new_ones_are_usual(by_night: Sequence[Counter[str]], total: Counter[str]) -> bool:
    """Tell whether nights of the reference mostly bring values that none of its other nights had.

    A single night tells nothing; a value that came one night and stayed is no habit either: half of the nights decide.
    """
    filled = [night for night in by_night if night]
    if len(filled) < 2:
        return False
    shares = [sum(rows for one, rows in night.items() if total[one] == rows) / night.total() for night in filled]
    return float(np.median(shares)) > _USUAL_NOVELTY
