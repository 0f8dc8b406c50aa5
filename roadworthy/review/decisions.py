"""What people decided about candidates: kept beside the set, without any text, so that nobody is asked twice."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from roadworthy.atomic import append_lines
from roadworthy.errors import DataError
from roadworthy.evaluation.values import Value

REVIEWED = ".reviewed.jsonl"
"""How a file of decisions ends; it lies beside its set, NAME.jsonl."""


class Decision(Value):
    """One candidate, taken or left."""

    id: str = Field(min_length=1)
    """A digest of the anonymised text."""
    verdict: Literal["accepted", "rejected"]
    by: str
    at: datetime
    reason: str = ""


def reviewed_path(queries: Path) -> Path:
    """Return where the decisions about a set's candidates lie."""
    return queries.with_name(queries.name.removesuffix(".jsonl") + REVIEWED)


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Return the decisions of a file; none when it is not there. Raises `DataError` that names the line."""
    if not path.exists():
        return ()
    decisions = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        try:
            decisions += [Decision.model_validate_json(line)] if line.strip() else []
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise DataError(f"is no decision: {problem}", where=f"{path}:{number}", remedy="mend the line") from None
    return tuple(decisions)


def append_decisions(path: Path, decisions: tuple[Decision, ...]) -> None:
    """Put the decisions behind those that are there, in one step; of reviewers who decide at once none loses any."""
    lines = (json.dumps(one.model_dump(mode="json"), sort_keys=True, ensure_ascii=False) for one in decisions)
    append_lines(path, "".join(f"{line}\n" for line in lines).encode())
