"""No configuration and no gap in its opinions lets a judge gate that was not shown to agree with people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from answer_samples import FEE, GOOD, answer, resampling, row

from roadworthy.errors import DataError
from roadworthy.evaluation.answer_evaluation import MOST_UNJUDGED, evaluate_answers
from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.gates import FloorGate, Verdict
from roadworthy.evaluation.gates import judge as judge_gate
from roadworthy.evaluation.judge_calibration import JudgeCalibration
from roadworthy.evaluation.judges.interface import Case
from roadworthy.evaluation.judging import LEAST_CONFIDENCE, calibrate
from roadworthy.evaluation.labels.interface import LabelledCase
from roadworthy.evaluation.labels.reading import Labels, read_labels
from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.scored_query import Opinion, score_answer
from roadworthy.evaluation.scorers.interface import Score
from roadworthy.evaluation.values import AnswerMetric, Estimate
from roadworthy.exchange.interface import Answer

KAPPA = Estimate(value=0.9, low=0.8, high=0.95, confidence=0.95)
CALIBRATION = JudgeCalibration(
    judge="j", labels="people", threshold=0.5, chosen_on=50, measured_on=50, kappa=KAPPA, least_kappa=0.4
)
GATE = FloorGate(metric=AnswerMetric.JUDGE, kind="floor", at_least=0.5)
APPROVED = Opinion(judge="j", rating=1.0)


@pytest.mark.parametrize(("unjudged", "verdict"), [(0, Verdict.PASS), (5, Verdict.PASS), (6, Verdict.INCONCLUSIVE)])
def test_answers_that_the_judge_could_not_read_hold_the_gate(unjudged: int, verdict: Verdict) -> None:
    """A release whose worst answers are too long for the judge must not pass by the others."""
    assert MOST_UNJUDGED == 0.05
    rows = [row(number, 2, opinion=APPROVED if number >= unjudged else None) for number in range(100)]
    found = evaluate_answers(rows, resampling(), CALIBRATION)
    result = judge_gate(GATE, found, None)
    assert result.verdict is verdict
    assert verdict is Verdict.PASS or "6 of 100 answers have no opinion" in result.reason


def test_opinions_of_another_judge_hold_the_gate() -> None:
    """They are as good as none."""
    rows = [row(number, 2, opinion=Opinion(judge="other", rating=9.0)) for number in range(100)]
    found = evaluate_answers(rows, resampling(), CALIBRATION)
    assert judge_gate(GATE, found, None).verdict is Verdict.INCONCLUSIVE


def test_a_low_confidence_elsewhere_does_not_help_a_judge() -> None:
    """The interval of agreement is that of 95 % at least: else its lower end is the value itself."""
    said = [Opinion(judge="j", rating=float(number % 3 > 0)) for number in range(120)]
    cases = tuple(LabelledCase(Case("q", f"a{n}", ()), n % 5 > 1) for n in range(120))
    done = calibrate("j", Labels("people", "0" * 64, cases), said, 0.4, Resampling(200, 0.51, 0))
    assert done.calibration.kappa.confidence == LEAST_CONFIDENCE == 0.95


def test_ratings_that_stand_there_twice_count_once(tmp_path: Path) -> None:
    """Copies would be in the half that chooses and in the half that measures, and narrow the interval besides."""
    lines = [json.dumps({"question": "q", "answer": f"a{n}", "approved": n % 2 == 0}) for n in range(40)]
    (tmp_path / "once").write_text("\n".join(lines))
    (tmp_path / "copied").write_text("\n".join(lines * 10))
    once, copied = (read_labels(tmp_path / name, "jsonl", None, 400, 0) for name in ("once", "copied"))
    assert once.cases == copied.cases


RATED = {"query": "q", "doc_id": "d", "ratings": ["Excellent"]}


@pytest.mark.parametrize(
    ("line", "passages"),
    [
        (RATED, "no JSON"),
        (RATED, '{"doc_id": "d"}'),
        (RATED, "[1]"),
        ({**RATED, "ratings": [["Excellent"]]}, '{"doc_id": "d", "text": "t"}'),
        ({**RATED, "ratings": None}, '{"doc_id": "d", "text": "t"}'),
        ({**RATED, "query": None}, '{"doc_id": "d", "text": "t"}'),
    ],
)
def test_broken_ratings_of_passages_are_named(line: object, passages: str, tmp_path: Path) -> None:
    """With file and line, never with a stack trace."""
    (tmp_path / "rated").write_text(json.dumps(line))
    (tmp_path / "passages").write_text(passages)
    with pytest.raises(DataError) as caught:
        read_labels(tmp_path / "rated", "feedbackqa", tmp_path / "passages", 400, 0)
    assert ":1" in str(caught.value.where)


def test_blank_lines_between_passages_are_none(tmp_path: Path) -> None:
    """As in our own format."""
    (tmp_path / "rated").write_text(f"\n{json.dumps(RATED)}\n\n")
    (tmp_path / "passages").write_text('{"doc_id": "d", "text": "t"}\n\n{"doc_id": "e", "text": "u"}\n')
    assert len(read_labels(tmp_path / "rated", "feedbackqa", tmp_path / "passages", 400, 0).cases) == 1


def test_a_cell_beyond_what_csv_reads_is_an_error(tmp_path: Path) -> None:
    """Knowledge of more than 128 KB."""
    head = "knowledge\tmessage\tresponse\tbegin_label\n"
    (tmp_path / "begin").write_text(head + "k" * 200_000 + "\tq\ta\tGeneric\n")
    with pytest.raises(DataError, match="can't be read"):
        read_labels(tmp_path / "begin", "begin", None, 400, 0)


class Wavering:
    """Names its metrics in another order each time, and leaves one out at times."""

    deterministic, version = False, 1

    def __init__(self) -> None:
        self._times = 0

    def score(self, query: Query, answer: Answer) -> tuple[Score, ...]:
        """Give 2 for accuracy and 0 for completeness, which it forgets on the third time."""
        accuracy = Score(metric=AnswerMetric.ACCURACY, value=2, reason="right")
        completeness = Score(metric=AnswerMetric.COMPLETENESS, value=0, reason="little")
        self._times += 1
        return [(accuracy, completeness), (completeness, accuracy), (accuracy,)][(self._times - 1) % 3]


def test_means_are_taken_within_a_metric() -> None:
    """Whatever the order in which a scorer names them."""
    found = score_answer(FEE, answer(GOOD), [Wavering()])
    assert (found.scores[AnswerMetric.ACCURACY], found.scores[AnswerMetric.COMPLETENESS]) == (2, 0)
