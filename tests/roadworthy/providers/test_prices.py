"""prices: exact sums, and never 0 because nobody gave a price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from roadworthy.errors import ParamsError
from roadworthy.providers.interface import Usage
from roadworthy.providers.prices import Money, Price, check_priced, cost

TABLE = {"small": Price.model_validate({"currency": "EUR", "prompt": 0.15, "completion": "0.60"})}

TOKENS = st.integers(0, 10**9)


def test_a_cost_is_exact() -> None:
    """No binary fractions: three thousand tokens at 0.15 per million are 0.00045."""
    assert cost(Usage(3000, 0), TABLE, "small") == Money(Decimal("0.00045"), "EUR")
    assert cost(Usage(1, 1), TABLE, "small") == Money(Decimal("0.00000075"), "EUR")


@given(TOKENS, TOKENS, TOKENS, TOKENS)
def test_two_calls_cost_the_sum(prompt: int, completion: int, more: int, still_more: int) -> None:
    """Adding costs and adding tokens give the same, to the last digit."""
    apart = (
        cost(Usage(prompt, completion), TABLE, "small").amount + cost(Usage(more, still_more), TABLE, "small").amount
    )
    assert cost(Usage(prompt + more, completion + still_more), TABLE, "small").amount == apart


def test_a_model_without_a_price_is_an_error() -> None:
    """When parameters are loaded, and when a cost is asked for; the error says which models are priced."""
    check_priced(TABLE, "small")
    for raising in (lambda: check_priced(TABLE, "large"), lambda: cost(Usage(1, 1), TABLE, "large")):
        with pytest.raises(ParamsError) as caught:
            raising()
        assert "'large'" in caught.value.problem
        assert "small" in (caught.value.remedy or "")


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
