"""Asks a judge about many answers at a time, and what its opinions may then count for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from roadworthy.errors import ProviderFailed
from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.judge_calibration import JudgeCalibration, calibrate_judge
from roadworthy.evaluation.judges.interface import Case, Judge
from roadworthy.evaluation.labels.reading import Labels
from roadworthy.evaluation.scored_query import Opinion
from roadworthy.providers.failures import FailureKind

_LASTING = (FailureKind.TRUNCATED, FailureKind.TOO_LONG, FailureKind.REFUSED, None)
"""Failures that are the case's own and come again; without a kind the model gave nothing to go by."""

LEAST_CONFIDENCE = 0.95
"""Of κ's interval, whatever that of the other metrics is."""


async def rate_all(
    judge: Judge, cases: Sequence[Case | None], at_once: int, rated: Callable[[], None] = lambda: None
) -> tuple[Opinion | None, ...]:
    """Return the judge's opinion of each case, in order; so many are asked at a time, and `rated` hears of each.

    None where there is no case, or the model gave nothing to go by. Raises `ProviderFailed` when the model can't be
    reached: such an evaluation is no evidence.
    """
    gate = asyncio.Semaphore(at_once)

    async def rate(case: Case | None) -> Opinion | None:
        if case is None:
            return None
        async with gate:
            try:
                return await judge.rate(case)
            except ProviderFailed as error:
                if getattr(error, "kind", None) not in _LASTING:
                    raise
                return None
            finally:
                rated()

    return tuple(await asyncio.gather(*(rate(case) for case in cases)))


@dataclass(frozen=True)
class Calibrated:
    """A judge's calibration, and everything that it was made of."""

    calibration: JudgeCalibration
    labels: Labels
    opinions: tuple[Opinion | None, ...]
    """Of each of the labels' cases."""


def calibrate(
    judge: str, labels: Labels, opinions: Sequence[Opinion | None], least_kappa: float, how: Resampling
) -> Calibrated:
    """Hold the judge's opinions against people's ratings; cases without an opinion are left out.

    Raises `DataError` as `calibrate_judge` does, for too few cases of either kind.
    """
    pairs = [(one.rating, case.approved) for one, case in zip(opinions, labels.cases, strict=True) if one is not None]
    ratings = np.array([rating for rating, _ in pairs], dtype=np.float64)
    approved = np.array([said for _, said in pairs], dtype=bool)
    # Whoever is content with less for other metrics does not make a judge gate by it.
    how = replace(how, confidence=max(how.confidence, LEAST_CONFIDENCE))
    calibration = calibrate_judge(judge, labels.name, ratings, approved, least_kappa, how)
    return Calibrated(calibration, labels, tuple(opinions))
