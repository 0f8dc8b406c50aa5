"""Effect sizes: by how much a column of tonight differs from the reference, whether that is surprising or not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from roadworthy.drift.comparing import comparable_cells, shares
from roadworthy.drift.profile.interface import ColumnProfile
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile
from roadworthy.drift.profile.profile import AnyLayout


class Aspect(StrEnum):
    """In which way a column can change."""

    SHAPE = "shape"
    """How its values are distributed."""
    MISSING = "missing"
    """How many rows have no usable value."""
    UNSEEN = "unseen"
    """How many values the reference never showed: new categories, numbers out of its range."""


@dataclass(frozen=True)
class Effects:
    """By how much a column differs; shares are between 0 and 1, and a change is tonight's minus the reference's."""

    psi: float
    """Population stability index, in nats: Σ (p − q) ln(p / q) over cells, Jeffreys' divergence (Siddiqi, Credit risk
    scorecards, 2006; Kullback and Leibler, On information and sufficiency, 1951). By custom .1 is some change and .25
    is much; .1 is a normal distribution that moved by a third of its standard deviation."""
    jensen_shannon: float
    """Jensen-Shannon distance, base 2, 0 to 1: the square root of the divergence (Lin, IEEE Transactions on Information
    Theory 37, 1991; Endres and Schindelin, 49, 2003)."""
    kolmogorov_smirnov: float | None
    """The largest difference of the cumulative shares at the bins' edges, 0 to 1; for numbers alone."""
    mean_difference: float | None
    """The difference of means in standard deviations, of both samples in equal parts (Cohen, Statistical power
    analysis, 1988, 2.5.1); for numbers alone."""
    missing: float
    """The change of the share of rows without a usable value."""
    unseen: float
    """The change of the share of usable values that the reference never showed."""

    def of(self, aspect: Aspect) -> float:
        """Return the effect by which an aspect is judged; never negative but for `UNSEEN`."""
        if aspect is Aspect.SHAPE:
            return self.psi
        return abs(self.missing) if aspect is Aspect.MISSING else self.unseen


def effects(layout: AnyLayout, tonight: ColumnProfile, reference: ColumnProfile) -> Effects:
    """Compare two profiles of a column. Where one of them has no usable value, only `missing` can differ."""
    missing = _share(_gaps(tonight), tonight.rows) - _share(_gaps(reference), reference.rows)
    if not tonight.usable or not reference.usable:
        return Effects(0.0, 0.0, None, None, missing, _share(tonight.unseen, tonight.usable))
    cells = comparable_cells(tonight.cells, reference.cells)
    new, old = shares(cells.tonight), shares(cells.reference)
    middle = (new + old) / 2
    divergence = float(new @ np.log2(new / middle) + old @ np.log2(old / middle)) / 2
    return Effects(
        psi=float((new - old) @ np.log(new / old)),
        jensen_shannon=math.sqrt(max(0.0, divergence)),
        kolmogorov_smirnov=_kolmogorov_smirnov(tonight, reference),
        mean_difference=_mean_difference(layout, tonight, reference),
        missing=missing,
        unseen=_share(tonight.unseen, tonight.usable) - _share(reference.unseen, reference.usable),
    )


def _kolmogorov_smirnov(tonight: ColumnProfile, reference: ColumnProfile) -> float | None:
    if not isinstance(tonight, NumericProfile) or not isinstance(reference, NumericProfile):
        return None
    new, old = (np.cumsum(one.bins) / one.usable for one in (tonight, reference))
    return float(np.abs(new - old).max())


def _mean_difference(layout: AnyLayout, tonight: ColumnProfile, reference: ColumnProfile) -> float | None:
    if not isinstance(layout, NumericLayout):
        return None
    if not isinstance(tonight, NumericProfile) or not isinstance(reference, NumericProfile):
        return None
    (new, new_variance), (old, old_variance) = layout.moments(tonight), layout.moments(reference)
    spread = math.sqrt((new_variance + old_variance) / 2)
    if spread:
        return (new - old) / spread
    return 0.0 if new == old else math.copysign(math.inf, new - old)


def _gaps(profile: ColumnProfile) -> int:
    return profile.rows - profile.usable


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
