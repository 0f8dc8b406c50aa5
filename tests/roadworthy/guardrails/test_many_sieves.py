"""Many patterns' words looked for together: what passes is what passes each pattern's own sieve."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.guardrails.disallowed import _compiled as said
from roadworthy.guardrails.harmful import _compiled as harms
from roadworthy.guardrails.many_sieves import ManySieves
from roadworthy.guardrails.needed_words import fold
from roadworthy.guardrails.secrets import _patterns

PATTERNS = ("abc", "abcd|bcda", "ab(?:cd|da)+x?", "a.c", "", "a|b", "(?:abc|d).*(?:bcd|abd)", "ſabc", "dcb-?a")
WORDS = [word for many in (harms(), said(), _patterns()) for _, one in many for some in one.needed for word in some]


def passing_each(many: ManySieves[Any], text: str) -> list[str]:
    """Return what passes the sieves one by one."""
    return [one.pattern.pattern for _, one in many if one.may_match(fold(text))]


@given(
    st.lists(st.sampled_from(PATTERNS), max_size=6, unique=True),
    st.text("abcdx", max_size=12) | st.text("abcABſé\n😀\ud800", max_size=12),
    st.sampled_from(["", " " * 100, "xyz " * 60]),
)
@settings(deadline=None)
def test_what_passes_together_passes_alone(patterns: list[str], text: str, more: str) -> None:
    """Of any patterns and any text, short or long, those pass in order whose own sieves let them pass."""
    many = ManySieves((pattern, re.compile(pattern, re.IGNORECASE)) for pattern in patterns)
    assert [one.pattern for _, one in many.passing(fold(more + text))] == passing_each(many, more + text)


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=5), min_size=20, max_size=40))
@settings(deadline=None, max_examples=50)
def test_the_guards_own_patterns_pass_by_their_words(pieces: list[str]) -> None:
    """Texts full of the words that the guards' patterns need: each pattern passes where it does by itself."""
    text = " ".join(pieces)
    for many in (_patterns(), said(), harms()):
        assert [one.pattern for _, one in many.passing(fold(text))] == passing_each(many, text)
