"""Ratings in our own format, JSONL: question, answer, sources, rubric, and whether people approved."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from roadworthy.evaluation.judges.interface import Case
from roadworthy.evaluation.labels.interface import LabelledCase, broken
from roadworthy.evaluation.values import Value


class _Line(Value):
    question: str
    answer: str = Field(min_length=1)
    sources: tuple[str, ...] = ()
    rubric: str = ""
    approved: bool


def read_own(path: Path, passages: Path | None = None) -> tuple[LabelledCase, ...]:
    """See `ReadLabels`."""
    return tuple(
        _case(path, number, line) for number, line in enumerate(path.read_bytes().splitlines(), start=1) if line.strip()
    )


def _case(path: Path, number: int, line: bytes) -> LabelledCase:
    try:
        read = _Line.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise broken(path, number, f"{field or 'the line'}: {first['msg']}") from None
    return LabelledCase(Case(read.question, read.answer, read.sources, read.rubric), read.approved)
