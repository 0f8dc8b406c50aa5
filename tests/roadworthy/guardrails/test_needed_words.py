"""What a pattern is said to need stands in everything that it matches: leaving it out changes no guard's verdict."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from roadworthy.guardrails.disallowed import _compiled as said
from roadworthy.guardrails.harmful import _compiled as harms
from roadworthy.guardrails.identifiers import _IN_CONTEXT
from roadworthy.guardrails.indirect_phrases import INDIRECT_RULES
from roadworthy.guardrails.needed_words import fold, sieve
from roadworthy.guardrails.policy import load_policy
from roadworthy.guardrails.secret_rules import RULES
from roadworthy.guardrails.secrets import _patterns

PIECES = [
    *("a", "b", "ab", "k", "s", "i", "x.", "-", "[ab]", "[^a]", r"\w", r"\b", "(?=a)", "(?!b)", "(?<=a)", "."),
    # What a pattern is rarely made of: anchors in the middle, letters with cases of their own, groups that come again.
    *("^", "$", r"\A", r"\Z", r"\B", "(?:)", "(?!)", "(?<!k)", "\u212a", "\u017f", "\u0130", "\u0131", "[\u212ab]"),
    *("[A-K]", r"[\x00-\x60]", "ß", "\ufb06", r"(i)\1", "(s)(?(1)a|b)", "(?-i:k)", "(?x: k i # s\n)", "(?m:^b$)"),
    *("(?a:s)", r"(?s:.)\n", r"(?:(a)|b)\1?", "(?#x)"),
]


def in_use() -> list[re.Pattern[str]]:
    """Return the patterns that guards don't try where their words are missing."""
    policy = load_policy(Path(__file__).resolve().parents[3] / "policies" / "bank_helpdesk.yaml")
    refused = [pattern for rule in policy.cannot for pattern in (*rule.patterns, *rule.output_patterns)]
    topics = [pattern for topic in policy.topics.values() for pattern in topic.patterns]
    return [
        *(re.compile(pattern, re.IGNORECASE) for pattern in (*refused, *topics)),
        *(re.compile(rule.pattern, re.MULTILINE) for rule in INDIRECT_RULES),
        *(one.pattern for _, one in _patterns()),
        *(one.pattern for _, one in harms()),
        *(one.pattern for _, one in said()),
        *(rule.pattern for rule in RULES),
        *_IN_CONTEXT.values(),
    ]


def trees() -> st.SearchStrategy[str]:
    """Return small patterns of every kind of node that guards' patterns have."""

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.lists(inner, min_size=1, max_size=4).map("".join),
            st.lists(inner, min_size=2, max_size=4).map(lambda parts: f"(?:{'|'.join(parts)})"),
            st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "+?", "?+"])).map(
                lambda pair: f"(?:{pair[0]}){pair[1]}"
            ),
            inner.map(lambda part: f"(?>{part})"),
            inner.map(lambda part: f"(?i:{part})"),
        )

    return st.recursive(st.sampled_from(PIECES), larger, max_leaves=8)


FLAGS = [0, re.IGNORECASE, re.IGNORECASE | re.MULTILINE, re.IGNORECASE | re.ASCII, re.IGNORECASE | re.DOTALL]


@given(trees(), st.text("abkAB.x-KsSiß\n\u017f\u0130\u0131\u212a\ufb05", max_size=12), st.sampled_from(FLAGS))
@settings(max_examples=300, deadline=None)
def test_what_matches_is_never_sieved_out(tree: str, text: str, flags: int) -> None:
    """Of any pattern and any text: where it matches, its words are."""
    one = sieve(re.compile(tree, flags))
    if one.pattern.search(text):
        assert one.may_match(fold(text))


@pytest.mark.parametrize("number", range(4))
def test_matches_of_the_patterns_in_use_pass(number: int) -> None:
    """Texts made to match the guards' own patterns pass their sieves; a quarter of the patterns each."""
    for pattern in in_use()[number::4]:
        _check(pattern)


def _check(pattern: re.Pattern[str]) -> None:
    one = sieve(pattern)

    @given(st.from_regex(_without_conditions(pattern), alphabet=st.characters(codec="utf-8")))
    @settings(max_examples=1, phases=[Phase.generate], deadline=None, database=None)
    def holds(text: str) -> None:
        assert not pattern.search(text) or one.may_match(fold(text)), pattern.pattern

    holds()


def _without_conditions(pattern: re.Pattern[str]) -> re.Pattern[str]:
    # What looks around makes texts that match hard to find; the test itself asks whether they do.
    bare = re.sub(r"\(\?<?[=!](?:[^()\[\]\\]|\\.|\[(?:[^\]\\]|\\.)*\])*\)", "", pattern.pattern)
    try:
        return re.compile(bare, pattern.flags)
    except re.error:
        return pattern


def test_a_pattern_that_is_nested_too_deeply_to_be_read_is_always_tried() -> None:
    """A policy that `re` takes must not stop the guard that uses it."""
    deep = "(?:a|b" * 240 + "c" + ")+" * 240
    one = sieve(re.compile(deep))
    assert one.needed == ()
    assert one.may_match(fold("anything"))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("kiss", "\u212a\u0130\u017fS"),
        ("(?i:kiss)|no", "K\u0131\u017f\u017f"),
        ("(?im)^stop$", "go\n\u017fTOP\ngo"),
        ("(?<=no )word(?! more)", "NO WORD"),
        (r"(?:(\w)(?(1)z|y))?token\b", "TO\u212aEN"),
        ("(?x) a p i [-_ ]? k e y  # spaced", "API-\u212aEY"),
        ("(?:)+(?:api|)key|", ""),
        ("[^\\W]{3}(?:secret){1,}?", "abcsecret"),
        ("(?:pass|)(?:word)?", "nothing of it"),
    ],
)
def test_odd_ways_to_write_a_word_are_let_through(pattern: str, text: str) -> None:
    """Letters of other alphabets that ignore case, anchors within lines, conditions, verbose patterns, empty ones."""
    one = sieve(re.compile(pattern, re.IGNORECASE))
    assert one.pattern.search(text)
    assert one.may_match(fold(text))


def test_every_letter_that_ignores_case_is_folded() -> None:
    """Whatever `re.IGNORECASE` takes for an ASCII letter is folded to that letter, in all of Unicode."""
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]))
    strange = [one for one in re.findall("[a-z]", everything, re.IGNORECASE) if not one.isascii()]
    assert strange
    for one in strange:
        assert len(fold(one)) == 1
        assert re.fullmatch(fold(one), one, re.IGNORECASE)


def test_most_patterns_are_told_apart_by_words() -> None:
    """Nine in ten of the guards' patterns need words: otherwise nothing is saved."""
    patterns = in_use()
    assert sum(bool(sieve(pattern).needed) for pattern in patterns) >= 0.9 * len(patterns)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("customers?", (("customer",),)),
        (r"\b(?:show|tell)\b.{0,40}\bmoney\b", (("money",), ("show", "tell"))),
        ("(?:abc)?", ()),
        ("[0-9]{4}", ()),
        ("a{0}bcd", (("bcd",),)),
        ("(?:key)+", (("key",),)),
        ("(?:ü|away)", ()),
        ("ab(?=cd)ef", (("abef",),)),
        (r"(['\"])no\1", (('"no', "'no"),)),
    ],
)
def test_the_words_of_a_pattern(pattern: str, needed: tuple[tuple[str, ...], ...]) -> None:
    """What is read off a pattern's tree, case by case."""
    assert sieve(re.compile(pattern, re.IGNORECASE)).needed == needed
