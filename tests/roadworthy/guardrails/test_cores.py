"""What guards look for first, because it is soon found, stands wherever what they are after stands."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Callable

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from roadworthy.guardrails import encoded_pieces, identifiers, respelled
from roadworthy.guardrails.harmful import _folded
from roadworthy.guardrails.phones import CANDIDATE, SIX_DIGITS

CORES = {
    "phone": (CANDIDATE, SIX_DIGITS),
    "card": (identifiers._CARD, SIX_DIGITS),
    "ssn": (identifiers._SSN, SIX_DIGITS),
    "iban": (identifiers._IBAN, identifiers._IN_IBAN),
    "ip4": (identifiers._IP4, identifiers._IN_IP4),
    "ip6": (identifiers._IP6, identifiers._IN_IP6),
    "mac": (identifiers._MAC, identifiers._IN_MAC),
    "base64": (encoded_pieces._BASE64, encoded_pieces._IN_BASE64),
    "hex": (encoded_pieces._HEX, encoded_pieces._IN_HEX),
    "spaced": (respelled._SPACED, respelled._IN_SPACED),
    **{kind: (identifiers._IN_CONTEXT[kind], SIX_DIGITS) for kind in identifiers._SIX_DIGITS_IN_CONTEXT},
    **{f"{kind}, a digit": (pattern, identifiers._DIGIT) for kind, pattern in identifiers._IN_CONTEXT.items()},
}
WRITTEN = st.lists(
    st.sampled_from([*respelled._COMMON, *respelled._TURNED, *respelled._MIRRORED, "Ünd", "\u0130ba", "\u212a", "x"]),
    max_size=8,
).map(" ".join)


@pytest.mark.parametrize("name", CORES)
def test_the_core_stands_in_every_match(name: str) -> None:
    """Texts made to match the pattern hold its core, so that nothing is lost where the core is missing."""
    pattern, core = CORES[name]
    looking_around = r"\(\?<?[=!](?:[^()\[\]\\]|\\.|\[(?:[^\]\\]|\\.)*\])*\)"
    bare = re.compile(re.sub(looking_around, "", pattern.pattern), pattern.flags)
    matched = []

    @given(st.from_regex(bare, fullmatch=True))
    @settings(max_examples=40, phases=[Phase.generate], deadline=None, database=None, derandomize=True)
    def holds(text: str) -> None:
        matched.append(pattern.search(text))
        assert not matched[-1] or core.search(text)

    holds()
    assert any(matched)


@given(WRITTEN | st.text(max_size=40), st.sampled_from([str, str.upper, str.title]))
@settings(deadline=None)
def test_words_are_found_respelt_without_respelling_the_text(text: str, written: Callable[[str], str]) -> None:
    """Turned and mirrored texts come to light exactly where looking through the respelt text would find them."""
    asked = written(text)
    turned, mirrored = codecs.encode(asked, "rot13"), asked[::-1]
    assert respelled.turned_by_13(asked) == respelled._if_words(turned, asked)
    assert respelled.mirrored(asked) == respelled._if_words(mirrored, asked)


def test_every_space_is_written_as_one_plain_space() -> None:
    """Whatever `re` takes for a space, in all of Unicode, singly and several together."""
    for one in re.findall(r"\s", "".join(map(chr, range(sys.maxunicode + 1)))):
        assert _folded(f"A{one}b{one}{one}c ’d") == "a b c 'd"
