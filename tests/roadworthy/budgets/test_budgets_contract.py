"""What all budgets promise, tried on each: in memory, in a SQLite file, and in a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from fakes.spending import DAILY, NOON, refused, reserved, somebody, usd

from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.budgets.account import Account
from roadworthy.budgets.interface import Budgets, Reservation
from roadworthy.budgets.purse import LARGEST, NANO
from roadworthy.budgets.refusal import PATIENCE
from roadworthy.errors import UsageError
from roadworthy.providers.prices import Money

Make = Callable[[], Budgets]


def with_budgets(make: Make, scenario: Callable[[Budgets], Awaitable[None]]) -> None:
    """Play a scenario with budgets in which nothing is spent."""

    async def play() -> None:
        budgets = make()
        await scenario(budgets)
        await budgets.close()

    asyncio.run(play())


def test_what_is_reserved_is_gone_for_others(make_budgets: Make) -> None:
    """The last cent may be reserved, and not one more; the refusal says what is spent and under which limit."""

    async def scenario(budgets: Budgets) -> None:
        account = somebody()
        await reserved(budgets, account, "4.99")
        await reserved(budgets, account, "0.01")
        said = await refused(budgets, account, "0.000000001")
        assert said.spent == usd(5)
        assert said.limit == DAILY
        assert await budgets.spent(account, DAILY, NOON) == usd(5)

    with_budgets(make_budgets, scenario)


def test_settling_gives_the_rest_back(make_budgets: Make) -> None:
    """After it the exact cost counts, not the worst case; the second time nothing happens."""

    async def scenario(budgets: Budgets) -> None:
        account = somebody()
        reservation = await reserved(budgets, account, "5")
        for exact in ("1.25", "0", "5"):
            await budgets.settle(reservation, usd(exact))
            assert await budgets.spent(account, DAILY, NOON) == usd("1.25")
        await budgets.release(reservation)
        await reserved(budgets, account, "3.75")
        await refused(budgets, account, "0.01")

    with_budgets(make_budgets, scenario)


def test_releasing_gives_all_back(make_budgets: Make) -> None:
    """A request whose model was never asked costs nothing."""

    async def scenario(budgets: Budgets) -> None:
        account = somebody()
        reservation = await reserved(budgets, account, "5")
        await budgets.release(reservation)
        await budgets.release(reservation)
        assert await budgets.spent(account, DAILY, NOON) == usd(0)

    with_budgets(make_budgets, scenario)


def test_the_truth_counts_also_when_it_is_more_than_was_reserved(make_budgets: Make) -> None:
    """A cost above the worst case, which should not be, is not hidden."""

    async def scenario(budgets: Budgets) -> None:
        account = somebody()
        await budgets.settle(await reserved(budgets, account, "1"), usd("6"))
        assert await budgets.spent(account, DAILY, NOON) == usd(6)
        await refused(budgets, account, "0")

    with_budgets(make_budgets, scenario)


def test_a_period_ends_by_the_calendar_in_utc(make_budgets: Make) -> None:
    """At midnight in UTC a new day's budget begins, wherever the clock is; late settlements stay in the old day."""

    async def scenario(budgets: Budgets) -> None:
        account = somebody()
        midnight = datetime(2026, 11, 24, tzinfo=UTC)
        late = await reserved(budgets, account, "5", midnight - timedelta(microseconds=1))
        assert (await refused(budgets, account, "5", midnight - timedelta(seconds=90.5))).retry_after_seconds == 1
        await budgets.settle(late, usd(4))
        said = await refused(budgets, account, "5", midnight - timedelta(seconds=90.5))
        assert said.retry_after_seconds == 91
        tokyo = midnight.astimezone(timezone(timedelta(hours=9)))
        await reserved(budgets, account, "5", tokyo)
        await budgets.settle(late, usd(0))
        assert await budgets.spent(account, DAILY, midnight) == usd(5)
        assert await budgets.spent(account, DAILY, NOON) == usd(4)

    with_budgets(make_budgets, scenario)


@pytest.mark.parametrize(
    ("period", "now", "seconds"),
    [
        ("hour", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), 1),
        ("hour", datetime(2026, 12, 31, 23, tzinfo=UTC), 3600),
        ("day", datetime(2028, 2, 28, tzinfo=UTC), 86_400),
        ("month", datetime(2028, 2, 1, tzinfo=UTC), 29 * 86_400),
        ("month", datetime(2026, 12, 31, tzinfo=UTC), 86_400),
    ],
)
def test_a_refusal_says_when_the_next_period_begins(
    make_budgets: Make, period: str, now: datetime, seconds: int
) -> None:
    """By hour, day and month, leap years included."""

    async def scenario(budgets: Budgets) -> None:
        limit = replace(DAILY, period=period)
        said = await refused(budgets, somebody(), "5.01", now, limit)
        assert said.retry_after_seconds == seconds

    with_budgets(make_budgets, scenario)


def test_a_refusal_says_soon_while_others_may_give_back(make_budgets: Make) -> None:
    """Open reservations are about to settle for less; those that nobody settles any more are not waited for."""

    async def scenario(budgets: Budgets) -> None:
        account = somebody()
        await reserved(budgets, account, "5")
        assert (await refused(budgets, account, "1")).retry_after_seconds == 1
        later = NOON + PATIENCE
        said = await refused(budgets, account, "1", later)
        assert said.retry_after_seconds == 12 * 3600 - PATIENCE.total_seconds()
        assert said.spent == usd(5)

    with_budgets(make_budgets, scenario)


def test_accounts_limits_and_currencies_are_apart(make_budgets: Make) -> None:
    """A tenant and a key of one name, two currencies and two periods don't share a purse."""

    async def scenario(budgets: Budgets) -> None:
        name = somebody().name
        euro = BudgetLimit(Decimal(5), "EUR", "day")
        for kind in ("tenant", "key"):
            account = Account(kind, name)
            await reserved(budgets, account, "5")
            await reserved(budgets, account, "5", limit=replace(DAILY, period="hour"))
            assert isinstance(await budgets.reserve(account, Money(Decimal(5), "EUR"), euro, NOON), Reservation)
        await refused(budgets, Account("tenant", name), "0.01")

    with_budgets(make_budgets, scenario)


def test_a_name_can_not_reach_into_another_purse(make_budgets: Make) -> None:
    """Names with the separators in them, or with anything else, are names."""

    async def scenario(budgets: Budgets) -> None:
        mark = somebody().name
        names = [mark, f"{mark}:USD:day:2026-11-23T00", f"{{{mark}}}", f"{mark}'--", f"{mark}\n", f"{mark}é\u2028"]
        for name in names:
            await reserved(budgets, Account("key", name), "5")

    with_budgets(make_budgets, scenario)


def test_amounts_are_exact(make_budgets: Make) -> None:
    """Beyond the integers of a double too; what is smaller than a billionth is rounded up, the limit down."""

    async def scenario(budgets: Budgets) -> None:
        largest = replace(DAILY, amount=Decimal(LARGEST - 1) / NANO + Decimal("0.0000000009"))
        account = somebody()
        first = await reserved(budgets, account, str(largest.amount - 2), limit=largest)
        assert (await budgets.spent(account, largest, NOON)).amount == Decimal(LARGEST - 2 * NANO) / NANO
        await reserved(budgets, account, "1.9999999981", limit=largest)
        await refused(budgets, account, "0.0000000001", limit=largest)
        await budgets.settle(first, usd("0.0000000001"))
        assert await budgets.spent(account, largest, NOON) == usd("2.000000000")

    with_budgets(make_budgets, scenario)


@pytest.mark.parametrize("wrong", [Money(Decimal(1), "EUR"), usd("-1"), usd("NaN"), usd("Infinity"), usd("1e40")])
def test_an_amount_that_can_not_be_counted_is_an_error(make_budgets: Make, wrong: Money) -> None:
    """Another currency, a negative, infinite or far too large amount: never taken for 0, and nothing is changed."""

    async def scenario(budgets: Budgets) -> None:
        account = somebody()
        with pytest.raises(UsageError):
            await budgets.reserve(account, wrong, DAILY, NOON)
        reservation = await reserved(budgets, account, "5")
        with pytest.raises(UsageError):
            await budgets.settle(reservation, wrong)
        assert await budgets.spent(account, DAILY, NOON) == usd(5)

    with_budgets(make_budgets, scenario)


def test_what_is_free_fits_in_any_currency(make_budgets: Make) -> None:
    """A model that runs here costs 0, also for a key whose budget is in another currency."""

    async def scenario(budgets: Budgets) -> None:
        nothing = Money(Decimal(0), "EUR")
        said = await budgets.reserve(somebody(), nothing, DAILY, NOON)
        assert isinstance(said, Reservation)
        await budgets.settle(said, nothing)

    with_budgets(make_budgets, scenario)


def test_of_many_who_race_exactly_those_that_fit_win(make_budgets: Make) -> None:
    """64 at once for a purse that holds 40: 40 win, and all is spent."""

    async def scenario(budgets: Budgets) -> None:
        account = somebody()
        said = await asyncio.gather(*(budgets.reserve(account, usd("0.125"), DAILY, NOON) for _ in range(64)))
        won = [each for each in said if isinstance(each, Reservation)]
        assert len(won) == len({each.id for each in won}) == 40
        assert await budgets.spent(account, DAILY, NOON) == usd(5)

    with_budgets(make_budgets, scenario)


def test_a_caller_who_leaves_strands_nothing(make_budgets: Make) -> None:
    """A request that is cancelled while it reserves gives back what it may have got; one that settles has settled."""

    async def scenario(budgets: Budgets) -> None:
        account = somebody()
        for turns in range(12):
            attempt = await _cut_off(budgets.reserve(account, usd(5), DAILY, NOON), turns)
            if attempt is not None:
                await budgets.release(attempt)
            reservation = await reserved(budgets, account, "5")
            await _cut_off(budgets.settle(reservation, usd(0)), turns + 1)

    with_budgets(make_budgets, scenario)


async def _cut_off(work: Coroutine[Any, Any, Any], turns: int) -> Any:
    """Cancel after so many turns of the event loop; return the result of what was faster, else None."""
    task = asyncio.ensure_future(work)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        return await task
    return None
