"""FeedbackQA's ratings: two people each said how good a passage is as the answer to a question.

Li, Sharma, Lu, Cheung and Reddy, Using interactive feedback to improve the accuracy and explainability of question
answering systems post-deployment, Findings of ACL (2022).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ValidationError

from roadworthy.errors import DataError
from roadworthy.evaluation.judges.interface import Case
from roadworthy.evaluation.labels.interface import LabelledCase, broken

_GOOD = frozenset({"Excellent", "Acceptable"})


class _Passage(BaseModel):
    doc_id: str
    text: str


class _Rated(BaseModel):
    query: str
    doc_id: str
    ratings: tuple[str, ...]


def read_feedbackqa(path: Path, passages: Path | None) -> tuple[LabelledCase, ...]:
    """See `ReadLabels`. Approved is what every rater found acceptable or excellent."""
    if passages is None:
        raise DataError(
            "FeedbackQA's ratings name passages by their ids",
            where="params.yaml: evaluate.judge.labels.passages",
            remedy="name the file with the passages' texts",
        )
    texts = dict(_passage(passages, number, line) for number, line in _lines(passages))
    return tuple(_case(path, number, line, texts) for number, line in _lines(path))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in enumerate(path.read_bytes().splitlines(), start=1) if line.strip())


def _passage(path: Path, number: int, line: bytes) -> tuple[str, str]:
    try:
        row = _Passage.model_validate_json(line)
    except ValidationError as error:
        raise broken(path, number, f"no passage: {error.errors(include_input=False)[0]['msg']}") from None
    return row.doc_id, row.text


def _case(path: Path, number: int, line: bytes, texts: dict[str, str]) -> LabelledCase:
    try:
        row = _Rated.model_validate_json(line)
        text = texts[row.doc_id]
    except (ValidationError, KeyError) as error:
        raise broken(path, number, f"no query, ratings or known passage ({type(error).__name__})") from None
    # The passage is the answer itself: there is nothing else that could support it.
    return LabelledCase(Case(row.query, text, (text,)), bool(row.ratings) and _GOOD.issuperset(row.ratings))
