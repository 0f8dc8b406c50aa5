"""What tokens cost: a table of prices, and exact sums of money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from roadworthy.errors import ParamsError
from roadworthy.providers.interface import Usage

MILLION = Decimal(1_000_000)

Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class Price(BaseModel):
    """What a model's tokens cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    """By ISO 4217, e.g. EUR."""
    prompt: Amount
    """Per million tokens read."""
    completion: Amount
    """Per million tokens written."""


PriceTable = Mapping[str, Price]
"""By model, the name that the configuration gives it."""


@dataclass(frozen=True)
class Money:
    """An exact amount, not rounded."""

    amount: Decimal
    currency: str


def check_priced(table: PriceTable, model: str) -> None:
    """Raise `ParamsError` when `model` has no price: called when parameters are loaded, so that no cost is ever 0 by
    mistake; what is free says so with a price of 0.
    """
    if model not in table:
        known = ", ".join(table) or "none"
        raise ParamsError(
            f"the model {model!r} has no price",
            where=f"params.yaml: prices: {model}",
            remedy=f"give currency, prompt and completion for it, 0 if it is free; priced are: {known}",
        )


def cost(usage: Usage, table: PriceTable, model: str) -> Money:
    """Return what the tokens cost. Raises `ParamsError` for a model without a price."""
    check_priced(table, model)
    price = table[model]
    amount = (usage.prompt_tokens * price.prompt + usage.completion_tokens * price.completion) / MILLION
    return Money(amount, price.currency)
