"""What an exchange costs: its worst case is reserved before, and what it really cost is counted after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from gateway.problems import Problem
from gateway.visit import Visit
from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.access.keys import Key
from roadworthy.budgets.account import Account
from roadworthy.budgets.interface import Budgets, Exceeded, Reservation
from roadworthy.budgets.meter import Meter
from roadworthy.budgets.worst_case import worst_case
from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.interface import Answer, Question
from roadworthy.providers.interface import Provider
from roadworthy.providers.prices import Money, Price, cost
from roadworthy.serving.opened import OpenedAssistant


@asynccontextmanager
async def metered(
    budgets: Budgets, visit: Visit, key: Key, opened: OpenedAssistant, assistant: Assistant, asked: Question
) -> AsyncIterator[Assistant]:
    """Give the assistant as this key may use it: with a meter before each model when the key has a budget.

    Raises `Problem` when the worst case does not fit into what is left, or nobody knows what a model costs.
    """
    if key.budget is None or assistant.switches.template_only:
        yield assistant
        _note_cost(visit, opened)
        return
    models = _models(opened, assistant, asked, key.budget)
    worst = sum((model.reserved.amount for model in models), Decimal(0))
    held = await _reserved(budgets, visit, key, key.budget, Money(worst, key.budget.currency))
    meters = [Meter(model.provider, model.price, model.reserved) for model in models]
    try:
        yield replace(assistant, provider=meters[0], second_provider=meters[1] if len(meters) > 1 else None)
    finally:
        spent = Money(sum((meter.exact.amount for meter in meters), Decimal(0)), key.budget.currency)
        visit.cost, visit.currency = spent.amount, spent.currency
        await budgets.settle(held, spent)


@dataclass(frozen=True)
class _Model:
    """A model that the exchange may ask, and the most that it may cost."""

    provider: Provider
    price: Price
    reserved: Money


def _models(opened: OpenedAssistant, assistant: Assistant, asked: Question, limit: BudgetLimit) -> list[_Model]:
    both = [(assistant.provider, opened.price), (assistant.second_provider, opened.second_price)]
    models = []
    for provider, price in both:
        if provider is None:
            continue
        if price is None or (price.currency != limit.currency and not _is_free(price)):
            said = f"the key's budget is in {limit.currency}, and a model of this release has no price in it"
            raise Problem("no-price", 503, said)
        models.append(_Model(provider, price, worst_case(opened.bound, asked, price)))
    return models


def _is_free(price: Price) -> bool:
    return not (price.prompt or price.completion)


async def _reserved(budgets: Budgets, visit: Visit, key: Key, limit: BudgetLimit, worst: Money) -> Reservation:
    said = await budgets.reserve(Account("key", key.id), worst, limit, visit.at)
    if isinstance(said, Exceeded):
        spent, most = (
            f"{said.spent.amount:f} {said.spent.currency}",
            f"{limit.amount:f} {limit.currency}/{limit.period}",
        )
        detail = f"the key's budget does not bear this request: {spent} of {most} is spent or reserved"
        raise Problem("budget-exceeded", 429, detail, retry_after=said.retry_after_seconds)
    return said


def _note_cost(visit: Visit, opened: OpenedAssistant) -> None:
    """Note what the answer cost by its tokens, where the price is known."""
    answer: Answer | None = visit.answer
    if answer is None:
        return
    price = opened.second_price if answer.fallback == "second_provider" else opened.price
    if price is not None and not answer.cached:
        spent = cost(answer.usage, price)
        visit.cost, visit.currency = spent.amount, spent.currency
