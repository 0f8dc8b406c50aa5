"""Counts rows as the gateway has them: columns of checked values, in the schema's order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from roadworthy.drift.profile.categorical import CategoricalLayout, CategoricalProfile
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile
from roadworthy.drift.profile.profile import AnyProfile, Layout, Profile
from roadworthy.modelling.online_values import Value
from roadworthy.modelling.schema import FeatureSchema

_STEPS = 256
_FARTHEST = 9.0


def _grid() -> Iterator[float]:
    """Yield the ends of the cells of scores: evenly spaced log odds, so that rare events are told apart too."""
    for step in range(1, _STEPS):
        odds = math.exp(_FARTHEST * (2 * step / _STEPS - 1))
        yield round(odds / (1 + odds), 9)
    yield 1.0


SCORES = NumericLayout(name="score", lowest=0.0, edges=tuple(_grid()), origin=0.5, exponent=-14)
"""The cells of a model's scores; of every model the same ones."""


@dataclass(frozen=True)
class RowCounter:
    """Counts the rows of one release."""

    layout: Layout
    schema: FeatureSchema

    def count(self, columns: Sequence[Sequence[Value]], rows: int) -> Profile:
        """Return the profile of `rows` rows, the same as that of a Parquet file with these rows.

        A feature that the layout does not have is not counted, and is named in `unknown`.
        """
        given = dict(zip(self.schema.columns, columns, strict=True))
        truths = {one.name for one in self.schema.features if one.kind == "categorical" and one.type == "BOOLEAN"}
        counted: dict[str, AnyProfile] = {}
        for one in self.layout.columns:
            if one.name not in given:
                counted[one.name] = one.absent(rows)
            elif isinstance(one, NumericLayout):
                counted[one.name] = _numbers(one, given[one.name])
            else:
                counted[one.name] = _categories(one, given[one.name], one.name in truths)
        unknown = given.keys() - counted.keys()
        return Profile(layout=self.layout.digest, rows=rows, columns=counted, unknown=tuple(sorted(unknown)))


def count_scores(scores: Sequence[float]) -> NumericProfile:
    """Return the profile of scores."""
    return _numbers(SCORES, scores)


def _numbers(layout: NumericLayout, values: Sequence[Value]) -> NumericProfile:
    # Late imports: start-up time.
    import pyarrow as pa

    if layout.lengths:
        lengths = [None if value is None else len(str(value)) for value in values]
        return layout.count(pa.array(lengths, pa.int64()))
    # The gateway gives NaN where a client gave null; a client can't give NaN.
    return layout.count(pa.array(values, pa.float64(), from_pandas=True))


def _categories(layout: CategoricalLayout, values: Sequence[Value], truths: bool) -> CategoricalProfile:
    # A truth is `True` to the model, and `true` in the tables of which the reference was made.
    rows_of = Counter(None if value is None else str(value).lower() if truths else str(value) for value in values)
    return layout.count(rows_of)
