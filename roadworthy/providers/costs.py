"""What an exchange costs, by the price that stands beside its provider in params.yaml."""

from __future__ import annotations

from decimal import Decimal

from roadworthy.errors import ParamsError
from roadworthy.providers.configuration import EmbeddedConfiguration, OpenAIConfiguration
from roadworthy.providers.interface import Usage
from roadworthy.providers.prices import Money, Price, cost

FREE = Price(currency="USD", prompt=Decimal(0), completion=Decimal(0))
"""What a model costs that runs here, unless its section says otherwise."""


def price_of(configuration: OpenAIConfiguration | EmbeddedConfiguration) -> Price | None:
    """Return the price of the model's tokens; None for an endpoint of which nobody has said what it costs."""
    if configuration.price is None and isinstance(configuration, EmbeddedConfiguration):
        return FREE
    return configuration.price


def checked_price(configuration: OpenAIConfiguration | EmbeddedConfiguration) -> Price:
    """Return the price. Raises `ParamsError` where there is none, so that no cost is ever 0 by mistake."""
    price = price_of(configuration)
    if price is None:
        raise ParamsError(
            f"the model {configuration.model!r} has no price, so no budget can be held",
            where="params.yaml: integrate.provider.price",
            remedy="give currency, prompt and completion per million tokens (0 if it is free), and release again; or "
            "take the budgets off the keys and tenants",
        )
    return price


def exchange_cost(usage: Usage, configuration: OpenAIConfiguration | EmbeddedConfiguration) -> Money:
    """Return what the tokens of an exchange cost. Raises `ParamsError` as `checked_price` does."""
    return cost(usage, checked_price(configuration))
