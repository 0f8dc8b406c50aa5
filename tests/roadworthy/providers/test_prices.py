"""prices and costs: exact sums, never 0 because nobody gave a price, and nothing new in old digests."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from roadworthy.errors import ParamsError
from roadworthy.providers.configuration import EmbeddedConfiguration, OpenAIConfiguration, Part
from roadworthy.providers.costs import FREE, exchange_cost, price_of
from roadworthy.providers.interface import Usage
from roadworthy.providers.prices import Money, Price, cost

SMALL = Price.model_validate({"currency": "EUR", "prompt": 0.15, "completion": "0.60"})
ENDPOINT = OpenAIConfiguration(kind="openai", base_url="http://127.0.0.1:1", model="small", price=SMALL)
EMBEDDED = EmbeddedConfiguration(
    kind="embedded", model="small", weights=(Part(uri="small.gguf", sha256="a" * 64),), sha256="a" * 64
)

TOKENS = st.integers(0, 10**9)


def test_a_cost_is_exact() -> None:
    """No binary fractions: three thousand tokens at 0.15 per million are 0.00045."""
    assert cost(Usage(3000, 0), SMALL) == Money(Decimal("0.00045"), "EUR")
    assert cost(Usage(1, 1), SMALL) == Money(Decimal("0.00000075"), "EUR")


@given(TOKENS, TOKENS, TOKENS, TOKENS)
def test_two_calls_cost_the_sum(prompt: int, completion: int, more: int, still_more: int) -> None:
    """Adding costs and adding tokens give the same, to the last digit."""
    apart = cost(Usage(prompt, completion), SMALL).amount + cost(Usage(more, still_more), SMALL).amount
    assert cost(Usage(prompt + more, completion + still_more), SMALL).amount == apart


def test_an_exchange_costs_by_the_price_beside_its_provider() -> None:
    """An endpoint what its section says; a model that runs here nothing, unless its section says otherwise."""
    used = Usage(1_000_000, 1_000_000)
    assert exchange_cost(used, ENDPOINT) == Money(Decimal("0.75"), "EUR")
    assert exchange_cost(used, EMBEDDED) == Money(Decimal(0), "USD")
    assert exchange_cost(used, EMBEDDED.model_copy(update={"price": SMALL})).amount == Decimal("0.75")
    assert price_of(EMBEDDED) == FREE


def test_an_endpoint_without_a_price_is_an_error_when_money_is_asked_about() -> None:
    """The error names the model and the place where its price belongs."""
    unpriced = ENDPOINT.model_copy(update={"price": None})
    assert price_of(unpriced) is None
    with pytest.raises(ParamsError) as caught:
        exchange_cost(Usage(1, 1), unpriced)
    assert "'small'" in caught.value.problem
    assert caught.value.where == "params.yaml: integrate.provider.price"


@pytest.mark.parametrize("configuration", [ENDPOINT, EMBEDDED])
def test_a_price_that_is_not_given_is_not_written_out(
    configuration: OpenAIConfiguration | EmbeddedConfiguration,
) -> None:
    """What was released before there were prices keeps its parameters' digest; a price that is given is read back."""
    unpriced = configuration.model_copy(update={"price": None})
    priced = configuration.model_copy(update={"price": SMALL})
    for mode in ("json", "python"):
        assert "price" not in unpriced.model_dump(mode=mode, by_alias=True)
    kind = type(configuration)
    assert kind.model_validate_json(priced.model_dump_json()) == priced
    assert kind.model_validate_json(unpriced.model_dump_json()) == unpriced


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "euro", "prompt": 1, "completion": 1},
        {"currency": "EUR", "prompt": -1, "completion": 1},
        {"currency": "EUR", "prompt": "NaN", "completion": 1},
        {"currency": "EUR", "prompt": 1},
        {"currency": "EUR", "prompt": 1, "completion": 1, "cached": 1},
    ],
)
def test_a_price_is_whole_and_sane(wrong: dict[str, object]) -> None:
    """A currency of three letters, both prices, neither negative, nothing unknown."""
    with pytest.raises(ValidationError):
        Price.model_validate(wrong)
