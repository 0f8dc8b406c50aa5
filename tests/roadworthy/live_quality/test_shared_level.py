"""However many releases and arms people meet on a night, it is called wrong once a year: they share the level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pytest
from fakes.any_events import a_content, an_event

from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.bounded_means import SHARES, distribution_of_mean
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.live_quality.exchanges import Exchange, Group, Sample
from roadworthy.live_quality.judging import group_of_night
from roadworthy.live_quality.scoring import METRICS, ExchangeScorer

COUNT = 40
LIVE = Group(1, "production")


class EvenScorer:
    """Scores by the exchange's number: three in four are good."""

    versions: Mapping[AnswerMetric, int] = dict.fromkeys(METRICS, 1)

    def shares(self, exchange: Exchange) -> Mapping[AnswerMetric, float]:
        """See `ExchangeScorer.shares`."""
        return dict.fromkeys(METRICS, float(int(exchange.event.id) % 4 > 0))


def bound(*others: Group) -> float:
    """Return below what the mean of production surely is, with these groups beside it."""
    exchanges = tuple(Exchange(an_event(str(n)), a_content(str(n))) for n in range(COUNT))
    groups: dict[Group, Any] = dict.fromkeys((LIVE, *others), exchanges)
    counts = dict.fromkeys(groups, COUNT)
    found = group_of_night(LIVE, Sample(counts, counts, groups), cast(ExchangeScorer, EvenScorer()))
    below = found.metrics[AnswerMetric.GROUNDING].surely_below
    assert below is not None
    return below


@pytest.mark.parametrize("live", [1, 2, 5])
def test_live_groups_share_the_level(live: int) -> None:
    """Of 365 nights, four metrics and so many groups one bound is wrong; canaries have judges of their own."""
    groups = [Group(number, "production") for number in range(2, live + 1)]
    values = np.array([float(number % 4 > 0) for number in range(COUNT)])
    alone = distribution_of_mean(values, SHARES, Resampling(20_000, 0.95, 0))
    level = 1 / (365 * len(METRICS) * live)
    wanted = float(alone.quantiles(np.array([1 - level]))[0])
    assert bound(*groups, Group(9, "canary"), Group(9, "shorter/treatment")) == pytest.approx(wanted)


def test_more_groups_need_more_evidence() -> None:
    """The bound rises: what one group alone would be called for, it is not among five."""
    assert (
        bound() < bound(Group(1, "shorter/control")) < bound(*(Group(number, "production") for number in range(2, 6)))
    )
