"""FeedbackQA's ratings: two people each said how good a passage is as the answer to a question.

Li, Sharma, Lu, Cheung and Reddy, Using interactive feedback to improve the accuracy and explainability of question
answering systems post-deployment, Findings of ACL (2022).
"""

from __future__ import annotations

import json
from pathlib import Path

from roadworthy.errors import DataError
from roadworthy.evaluation.judges.interface import Case
from roadworthy.evaluation.labels.interface import LabelledCase, broken

_GOOD = frozenset({"Excellent", "Acceptable"})


def read_feedbackqa(path: Path, passages: Path | None) -> tuple[LabelledCase, ...]:
    """See `ReadLabels`. Approved is what every rater found acceptable or excellent."""
    if passages is None:
        raise DataError(
            "FeedbackQA's ratings name passages by their ids",
            where="params.yaml: evaluate.judge.labels.passages",
            remedy="name the file with the passages' texts",
        )
    texts = {row["doc_id"]: row["text"] for row in map(json.loads, passages.read_bytes().splitlines())}
    lines = enumerate(path.read_bytes().splitlines(), start=1)
    return tuple(_case(path, number, line, texts) for number, line in lines)


def _case(path: Path, number: int, line: bytes, texts: dict[str, str]) -> LabelledCase:
    try:
        row = json.loads(line)
        question, ratings, text = row["query"], row["ratings"], texts[row["doc_id"]]
    except (ValueError, KeyError, TypeError) as error:
        raise broken(path, number, f"no query, ratings or known passage ({type(error).__name__})") from None
    # The passage is the answer itself: there is nothing else that could support it.
    return LabelledCase(Case(question, text, (text,)), bool(ratings) and all(said in _GOOD for said in ratings))
