"""wire: which of the reported tokens speak for which choice."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.providers.wire import choice_logprobs, likeliest_choice


def chances(choices: tuple[str, ...], **tokens: float) -> dict[str, float]:
    """Each choice's probability, by the tokens' probabilities."""
    reported = [(token, math.log(chance)) for token, chance in tokens.items()]
    return {choice: math.exp(logprob) for choice, logprob in choice_logprobs(choices, reported).items()}


def test_spellings_of_a_choice_add_up() -> None:
    """Case and spaces around it make no other answer."""
    found = chances(("yes", "no"), **{"Yes": 0.25, " yes": 0.25, "no": 0.125, "maybe": 0.25})
    assert found == pytest.approx({"yes": 0.5, "no": 0.125})


def test_the_beginning_of_a_long_choice_counts_for_it() -> None:
    """A choice of several tokens is known by its first, when no other choice begins so."""
    found = chances(("grounded", "made up", "mixed"), ground=0.5, m=0.25, mix=0.125)
    assert found == pytest.approx({"grounded": 0.5, "made up": 0.0, "mixed": 0.125})


def test_a_choice_that_begins_another_is_itself() -> None:
    """`1` is 1, not the beginning of 10."""
    assert chances(("1", "10"), **{"1": 0.5, "10": 0.25}) == pytest.approx({"1": 0.5, "10": 0.25})


@pytest.mark.parametrize("token", ["", " ", "\n", "why", "yesterday"])
def test_other_tokens_count_for_nothing(token: str) -> None:
    """What no choice begins with, and white space."""
    assert choice_logprobs(("yes", "no"), [(token, -0.1)]) == {"yes": -math.inf, "no": -math.inf}


def test_a_model_that_names_no_choice_is_quoted() -> None:
    """The text is then what it said, so that people see why."""
    assert likeliest_choice({"yes": -math.inf, "no": -math.inf}, "The") == "The"
    assert likeliest_choice({"yes": -2.0, "no": -1.0}, "The") == "no"


@given(st.lists(st.tuples(st.text(max_size=4), st.floats(0.001, 1)), max_size=20))
def test_no_probability_is_counted_twice(tokens: list[tuple[str, float]]) -> None:
    """All choices together get no more than all tokens have."""
    reported = [(token, math.log(chance)) for token, chance in tokens]
    total = sum(math.exp(logprob) for logprob in choice_logprobs(("yes", "no", "not", "y"), reported).values())
    assert total <= sum(chance for _, chance in tokens) + 1e-9
