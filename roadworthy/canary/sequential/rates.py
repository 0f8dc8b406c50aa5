"""How often something bad happens: errors, blocks, refusals, thumbs down."""

from __future__ import annotations

from typing import Any

from roadworthy.canary.sequential.interface import Batch, Closed, Evidence
from roadworthy.canary.sequential.two_arms import Compared, Differences, TwoArms, TwoArmsState, usual_differences
from roadworthy.errors import UsageError


class RateTest:
    """Compares shares; values are 1 where it happened and 0 where not. The margin is a difference of shares."""

    def __init__(self, margin: float, risk: float = 0.05, differences: Differences = usual_differences) -> None:
        self._test = TwoArms(Compared(margin, risk, differences(margin), zeros_and_ones=True))

    def observe(self, batch: Batch) -> Closed:
        """See `SequentialTest`. Raises `UsageError` for a value that is neither 0 nor 1."""
        if not ((batch.values == 0) | (batch.values == 1)).all():
            raise UsageError("a rate is counted in zeros and ones", where="canary: observations")
        return self._test.observe(batch)

    @property
    def evidence(self) -> Evidence:
        """See `SequentialTest`."""
        return self._test.evidence

    def state(self) -> TwoArmsState:
        """See `SequentialTest`."""
        return self._test.state()

    def restore(self, state: Any) -> None:
        """See `SequentialTest`."""
        self._test.restore(state)
