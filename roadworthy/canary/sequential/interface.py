"""What a sequential test takes, what it says, and what it promises."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from roadworthy.errors import UsageError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Batch:
    """Observations in the order in which they came; of each value more is worse. Raises `UsageError` for NaN or inf."""

    in_canary: Flags
    """Of each observation: whether it is the canary's, else production's."""
    values: Floats
    """One for each flag."""

    def __post_init__(self) -> None:
        if self.in_canary.shape != self.values.shape or not np.isfinite(self.values).all():
            raise UsageError(
                "these observations can't be compared: an arm or a finite value is missing",
                where="canary: observations",
            )


@dataclass(frozen=True)
class Bounds:
    """Where the difference canary − production lies, at all looks together, in the values' own unit."""

    low: float
    high: float


@dataclass(frozen=True)
class Evidence:
    """What is known after all observations so far."""

    canary: int
    """How many observations came from the canary."""
    production: int
    canary_mean: float | None
    """None when there is none to compare yet."""
    production_mean: float | None
    log_e: float
    """Natural logarithm of the e-value against "the canary is not worse": 0 is no evidence."""
    difference: Bounds
    margin: float
    """How much worse the canary may be, in the unit of `difference`."""

    @property
    def e_value(self) -> float:
        """The factor by which a fair game against "not worse" has multiplied its stake; capped at 1e300."""
        return exp(min(self.log_e, 690.0))

    @property
    def within_margin(self) -> bool:
        """Whether the canary is worse by less than the margin."""
        return self.difference.high <= self.margin


@dataclass(frozen=True, eq=False)
class Closed:
    """The comparisons that a batch completed."""

    at: Places
    """The place in the batch of the observation that completed each."""
    log_e: Floats
    """The e-value's logarithm after each."""


class State(BaseModel):
    """All that a test knows, as a JSON value; a test that is restored from it goes on as if never stopped."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SequentialTest(Protocol):
    """Compares one measure in two arms, while observations come.

    Promises, when in both arms the expected value of an observation given the past is the same, or the canary's is
    smaller, however it varies in time: the e-value ever reaches 1/α with probability α at most (Ville's inequality).
    Each bound of `Evidence.difference` is ever wrong with probability `risk` at most. Batches may be cut anywhere.
    """

    def observe(self, batch: Batch) -> Closed:
        """Take further observations."""

    @property
    def evidence(self) -> Evidence:
        """What is known so far."""

    def state(self) -> State:
        """What `restore` goes on from."""

    def restore(self, state: Any) -> None:
        """Go on from a state, or from what its JSON reads as. Raises `IntegrityError` for one that is none of its."""
