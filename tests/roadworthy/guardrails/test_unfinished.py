"""unfinished: before the position that it names, a text's matches are the same whatever follows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadworthy.guardrails.disallowed import _compiled
from roadworthy.guardrails.identifiers import PATTERNS
from roadworthy.guardrails.policy import load_policy
from roadworthy.guardrails.secret_rules import RULES
from roadworthy.guardrails.secrets import _patterns
from roadworthy.guardrails.spans import PLACEHOLDER
from roadworthy.guardrails.unfinished import prefix_pattern, unfinished

POLICY = load_policy(Path(__file__).resolve().parents[3] / "policies" / "bank_helpdesk.yaml")
ALL = [
    PLACEHOLDER,
    *PATTERNS,
    *(rule.pattern for rule in RULES),
    *(one.pattern for _, one in _patterns()),
    *(one.pattern for _, one in _compiled()),
    *(re.compile(one, re.IGNORECASE) for rule in POLICY.cannot for one in rule.output_patterns),
]
ODD = [re.compile(one) for one in (r"a(?=b)", r"a(?!bc)", r"(?<!x)a{2,}b", r"(ab|cd)+\1e", r"(?>a+)b", r"\bab\b", "a$")]

AHEAD = [
    "passport number is\nAB123456",
    "Passport: X1234567",
    "driver's license no. D123-4567",
    "driving licence A1B2C3",
]


def check(pattern: re.Pattern[str], text: str, cut: int) -> None:
    """Matches that begin before the position are the same in the beginning and in the whole."""
    position = unfinished([pattern], text[:cut])
    begun = [match.span() for match in pattern.finditer(text[:cut]) if match.start() < position]
    assert begun == [match.span() for match in pattern.finditer(text) if match.start() < position]


@pytest.mark.parametrize("pattern", ALL, ids=lambda pattern: pattern.pattern[:30])
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_finished_stays(pattern: re.Pattern[str], data: st.DataObject) -> None:
    """For every pattern of a guard of answers, in texts that hold matches of it, cut anywhere."""
    # Hypothesis meets a condition that looks ahead only by luck.
    strategy = st.sampled_from(AHEAD) if "(?=[" in pattern.pattern else st.from_regex(pattern)
    inner = data.draw(strategy)[:300]
    text = (
        data.draw(st.sampled_from(["", "a fee of 12 ", "x"])) + inner + data.draw(st.sampled_from(["", " end.", "z1"]))
    )
    check(pattern, text, data.draw(st.integers(0, len(text))))


@pytest.mark.parametrize("pattern", ODD, ids=lambda pattern: pattern.pattern)
@settings(max_examples=150, deadline=None)
@given(text=st.text("abcdex ", max_size=10), data=st.data())
def test_odd_patterns_too(pattern: re.Pattern[str], text: str, data: st.DataObject) -> None:
    """Conditions around a match, references, groups that don't give back."""
    check(pattern, text, data.draw(st.integers(0, len(text))))


def test_little_is_held_back_of_plain_prose() -> None:
    """A sentence that could become nothing bad is finished but for its last word."""
    text = "The monthly fee of the account is 12 dollars. It is waived at a balance of 1,500 dol"
    assert unfinished(ALL, text) == text.rindex(" ") + 1


def test_a_match_that_has_begun_is_held_back_from_its_start() -> None:
    """However far back that is."""
    text = "Here it is: my password is now hunter"
    assert unfinished(ALL, text) <= text.index("password")


def test_a_pattern_that_it_can_not_read_is_named() -> None:
    """Better no stream than a wrong one."""
    with pytest.raises(ValueError, match="no prefix pattern"):
        prefix_pattern(re.compile("(a)?(?(1)b|c)"))
