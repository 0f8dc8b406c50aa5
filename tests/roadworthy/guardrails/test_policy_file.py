"""A policy is checked as it is loaded, and its refusals are enforced."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadworthy.errors import ParamsError
from roadworthy.guardrails.interface import Context, Place, Verdict
from roadworthy.guardrails.policy import Policy, load_policy
from roadworthy.guardrails.policy_guard import PolicyGuard

BANK = Path(__file__).resolve().parents[3] / "policies" / "bank_helpdesk.yaml"
SMALL = """
capability: shop
can: [{name: hours, description: Opening hours, examples: [When do you open?]}]
cannot:
  - {name: prices, description: None, patterns: ['how much'], examples: [How much is it?], refusal: No prices here.}
escalation: Call us.
unknown: I don't know.
safe_template: Later.
"""


@pytest.fixture(scope="module")
def bank() -> Policy:
    """The bank's policy."""
    return load_policy(BANK)


def test_the_banks_policy_refuses_in_its_own_words(bank: Policy) -> None:
    """What is asked of the wrong customer is refused, with the way to a person."""
    scan = PolicyGuard(bank).scan("What is my neighbour's account balance?", Place.INPUT, Context())
    assert scan.verdict is Verdict.BLOCKED
    assert "signed in" in scan.refusal
    assert bank.escalation in scan.refusal


def test_the_banks_policy_looks_at_answers_too(bank: Policy) -> None:
    """A promised return is not said, though a question about returns may be asked."""
    guard = PolicyGuard(bank)
    assert guard.scan("This gives guaranteed returns.", Place.OUTPUT, Context()).verdict is Verdict.BLOCKED
    assert guard.scan("Is this a guaranteed returns product?", Place.INPUT, Context()).verdict is Verdict.ALLOWED


def test_a_refusal_is_not_escaped_by_other_letters(bank: Policy) -> None:
    """The patterns see cleaned text."""
    scan = PolicyGuard(bank).scan("What is my n\u200beighbour's аccount balance?", Place.INPUT, Context())
    assert scan.verdict is Verdict.BLOCKED


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("unknown: I don't know.", "unkown: I don't know.", "unkown"),
        ("How much is it?", "What does it cost?", "matches its example"),
        ("When do you open?", "How much time is left?", "refuses what"),
        ("'how much'", "'how (much'", "not a regular expression"),
        ("capability: shop", "capability: [", "mend the file"),
    ],
)
def test_a_wrong_policy_is_told_with_file_and_field(tmp_path: Path, old: str, new: str, said: str) -> None:
    """A typing error, an example that is not caught, one that must not be, a broken pattern, broken YAML."""
    path = tmp_path / "shop.yaml"
    path.write_text(SMALL.replace(old, new))
    with pytest.raises(ParamsError) as caught:
        load_policy(path)
    assert "shop.yaml" in str(caught.value)
    assert said in str(caught.value)


def test_a_policy_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing file is a ParamsError with its name."""
    with pytest.raises(ParamsError, match=r"none\.yaml"):
        load_policy(tmp_path / "none.yaml")
