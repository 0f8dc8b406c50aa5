"""Grounding: by hand, and on BEGIN, where people said whether the source supports a reply."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from answer_samples import FEE, FEES, answer, called, resampling
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.evaluation.metrics import Meter, Scored
from roadworthy.evaluation.report import evaluate_predictions
from roadworthy.evaluation.scorers.grounding import (
    Grounding,
    _common_subsequence,
    grounding_of,
    supported_claims,
)
from roadworthy.evaluation.scorers.words import words
from roadworthy.evaluation.values import Metric
from roadworthy.exchange.interface import Outcome

BEGIN = Path(__file__).parents[4] / "shared" / "corpora" / "begin"
ATTRIBUTABLE = "Fully attributable"


def value(text: str, found: dict[str, str] | None = None) -> float | None:
    """Return the score of an answer to the sample query."""
    (score,) = Grounding().score(FEE, answer(text, found={"fees": FEES} if found is None else found))
    return score.value


def test_what_stands_there_is_grounded_and_what_does_not_is_not() -> None:
    """A quotation is fully supported, other words are not; a wrong number halves it; no source supports nothing."""
    quoted = value("An overdraft costs $35 per day [fees].")
    assert quoted == 1.0
    assert value("An overdraft costs $45 per day.") < quoted / 2
    assert value("Penguins swim elegantly.") == 0.0
    assert value("An overdraft costs $35 per day.", found={}) == 0.0
    assert 0.4 < value("An overdraft costs $35 per day. Penguins swim elegantly around icebergs.") < 0.8


def test_what_claims_nothing_is_not_scored() -> None:
    """A refusal, and an answer of punctuation."""
    for given_answer in (answer("Sorry.", Outcome.UNKNOWN), answer("…")):
        assert Grounding().score(FEE, given_answer)[0].value is None


def test_a_tools_output_is_a_source() -> None:
    """What was done counts, what was refused does not."""
    for verdict, least, most in (("done", 1.0, 1.0), ("refused", 0.0, 0.0)):
        call = called("balance", verdict, output='{"balance": "120 dollars"}')
        (score,) = Grounding().score(FEE, answer("Balance 120 dollars.", calls=(call,)))
        assert least <= score.value <= most


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_the_common_subsequence_is_that_of_the_textbook(first: list[str], second: list[str]) -> None:
    """Bits in parallel, or a table: the same length."""
    row = [0] * (len(second) + 1)
    for letter in first:
        before = 0
        for place, other in enumerate(second, start=1):
            kept = row[place]
            row[place] = before + 1 if letter == other else max(row[place], row[place - 1])
            before = kept
    assert _common_subsequence(first, second) == row[-1]


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_has_a_grounding(text: str, source: str) -> None:
    """From 0 to 1."""
    assert 0.0 <= grounding_of(supported_claims(text, [source])) <= 1.0


def replies(name: str) -> Iterator[tuple[float, float, bool]]:
    """Yield for each reply of a BEGIN file our score, plain content-word precision, and what people said."""
    from roadworthy.evaluation.scorers.grounding import _WITHOUT_CONTENT

    path = BEGIN / f"begin_dev_{name}.tsv"
    if not path.is_file():
        pytest.skip("the corpus BEGIN is not here")
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            content = [word for word in words(line["response"]) if word not in _WITHOUT_CONTENT]
            known = set(words(line["knowledge"]))
            plain = sum(word in known for word in content) / len(content) if content else 0.0
            ours = grounding_of(supported_claims(line["response"], [line["knowledge"]]))
            yield ours, plain, line["begin_label"] == ATTRIBUTABLE


@pytest.mark.corpora
@pytest.mark.parametrize(("name", "least"), [("wow", 0.945), ("cmu", 0.97), ("tc", 0.935)])
def test_grounding_beats_content_word_precision(name: str, least: float) -> None:
    """On all three files, which were all looked at while the form was chosen (decision 0017)."""
    ours, plain, labels = (np.array(column) for column in zip(*replies(name), strict=True))
    ours_auc, plain_auc = (Meter(Scored.of(labels, scores)).measure_once()[Metric.AUC] for scores in (ours, plain))
    assert ours_auc > plain_auc
    found = evaluate_predictions(labels, ours, resampling(300)).metrics[Metric.AUC]
    assert found.value >= least, found.text()
