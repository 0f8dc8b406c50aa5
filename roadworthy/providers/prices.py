"""What tokens cost: prices, and exact sums of money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

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


@dataclass(frozen=True)
class Money:
    """An exact amount, not rounded."""

    amount: Decimal
    currency: str


def cost(usage: Usage, price: Price) -> Money:
    """Return what the tokens cost."""
    amount = (usage.prompt_tokens * price.prompt + usage.completion_tokens * price.completion) / MILLION
    return Money(amount, price.currency)
