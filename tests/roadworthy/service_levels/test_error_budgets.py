"""Error budgets: counted by hand, told when they go fast and still do, and silent otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from fakes.any_events import NOON, an_event
from fakes.event_tables import table_of

from roadworthy.service_levels.budget import BudgetReport, BudgetVerdict, judge_budget
from roadworthy.service_levels.consumption import Consumption, consumption_of
from roadworthy.service_levels.objectives import CostObjective, LatencyObjective, SuccessObjective
from roadworthy.telemetry.event import Ending

SUCCESS = SuccessObjective(target=0.99)
MINUTE = timedelta(minutes=1)


def used(*spans: tuple[timedelta, timedelta, int, int]) -> Consumption:
    """Requests before noon: from so long ago until so long ago, so many a minute, of which so many are bad."""
    at: list[float] = []
    bad: list[float] = []
    for since, until, requests, failed in spans:
        for minute in range(int((since - until) / MINUTE)):
            moment = (NOON - since + minute * MINUTE).timestamp()
            at += [moment + 60 * number / requests for number in range(requests)]
            bad += [1.0] * failed + [0.0] * (requests - failed)
    return Consumption(np.array(at), np.array(bad))


def judged(consumption: Consumption, now: datetime = NOON) -> BudgetReport:
    """A success of 99 % over 30 days."""
    return judge_budget(SUCCESS, consumption, now)


def test_rates_by_hand() -> None:
    """Of 100 requests a minute for an hour 20 fail: 20 times what is allowed, 14.4 and more is a page."""
    report = judged(used((timedelta(hours=1), timedelta(), 100, 20)))
    fastest = report.burns[0]
    assert (fastest.threshold, fastest.long_rate, fastest.short_rate) == pytest.approx((14.4, 20, 20))
    assert [burn.threshold for burn in report.burns] == pytest.approx([14.4, 6, 1])
    assert (report.requests, report.used, report.allowed) == pytest.approx((6000, 1200, 60))
    assert report.verdict is BudgetVerdict.PAGE
    assert report.left == pytest.approx(-19)


def test_what_is_over_is_told_no_more() -> None:
    """The same hour, half an hour ago: the short window is clean, so nobody is called; the budget stays spent."""
    quiet = (timedelta(minutes=31), timedelta(), 100, 0)
    report = judged(used((timedelta(minutes=91), timedelta(minutes=31), 100, 20), quiet))
    assert not report.burns[0].fires
    assert report.verdict is not BudgetVerdict.PAGE


def test_a_slow_leak_is_a_ticket() -> None:
    """Three in two hundred for three days: 1.5 times what is allowed, which no page sees; a month before was clean."""
    leak, before = (timedelta(days=3), timedelta(), 2, 0), (timedelta(days=30), timedelta(days=3), 2, 0)
    given = used(before, leak)
    bad = given.used.copy()
    bad[(given.at >= (NOON - timedelta(days=3)).timestamp()) & (np.arange(len(bad)) % 67 == 0)] = 1
    assert judged(Consumption(given.at, bad)).verdict is BudgetVerdict.TICKET


def test_a_month_without_a_fault_is_kept() -> None:
    """And all of the budget is left."""
    report = judged(used((timedelta(days=2), timedelta(), 1, 0)))
    assert (report.verdict, report.left) == (BudgetVerdict.KEPT, 1)


def test_no_traffic_is_no_data() -> None:
    """Neither kept nor broken; the same when all traffic is older than the window."""
    assert judged(used()).verdict is BudgetVerdict.NO_DATA
    assert judged(used((timedelta(days=33), timedelta(days=31), 1, 1))).verdict is BudgetVerdict.NO_DATA


def test_one_bad_request_of_two_calls_nobody() -> None:
    """With little traffic a share says nothing: three bad ones at least."""
    report = judged(used((timedelta(minutes=2), timedelta(), 1, 1)))
    assert not any(burn.fires for burn in report.burns)
    assert report.verdict is BudgetVerdict.SPENT


def test_a_window_ends_before_now() -> None:
    """From its start on, up to and not with its end: no request counts twice or in no window."""
    given = Consumption(np.array([NOON.timestamp() - 60, NOON.timestamp()]), np.array([1.0, 1.0]))
    assert given.between(NOON - MINUTE, NOON).requests == 1
    assert given.between(NOON, NOON + MINUTE).requests == 1


def test_what_each_promise_counts() -> None:
    """Failures, slow answers and failures, money of one currency; what came to no release counts for none."""
    events = [
        an_event("r1", NOON, release=1, seconds=0.1, cost=Decimal("0.5"), currency="USD"),
        an_event("r2", NOON, release=1, seconds=9.0, cost=Decimal("0.25"), currency="USD"),
        an_event("r3", NOON, release=1, seconds=0.1, ending=Ending.TIMEOUT, cost=Decimal(9), currency="EUR"),
        an_event("r4", NOON, release=1, ending=Ending.CANCELLED, cost=Decimal("0.25"), currency="USD"),
        an_event("r5", NOON, release=1, ending=Ending.REJECTED),
        an_event("r6", NOON, release=1, capability="other", ending=Ending.ERROR),
    ]
    latency = LatencyObjective(target=0.99, seconds=2)
    cost = CostObjective(amount=Decimal(10), currency="USD")
    found = [consumption_of(table_of(*events), "help", one).used.tolist() for one in (SUCCESS, latency, cost)]
    assert found == [[0, 0, 1], [0, 1, 1], [0.5, 0.25, 0, 0.25]]


def test_money_that_goes_too_fast() -> None:
    """720 USD a month are one an hour: twenty in the last hour is a page, as long as it goes on."""
    cost = CostObjective(amount=Decimal(720), currency="USD")
    at = NOON.timestamp() - np.arange(60, 0, -1) * 60.0
    report = judge_budget(cost, Consumption(at, np.full(60, 1 / 3)), NOON)
    assert report.burns[0].long_rate == pytest.approx(20)
    assert report.verdict is BudgetVerdict.PAGE
    assert report.left == pytest.approx(1 - 20 / 720)
