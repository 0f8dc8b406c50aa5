"""Drafts: real queries whose rubric nobody has filled yet; they live in a file of their own and are never evaluated."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field, ValidationError

from roadworthy.errors import DataError
from roadworthy.evaluation.queries import ExpectedCall, Injection, QueryKind
from roadworthy.evaluation.values import Value

DRAFTS = ".drafts.jsonl"
"""How a file of drafts ends; `read_query_set` refuses it."""


class DraftQuery(Value):
    """A query without its rubric: the fields of `Query`, with the empty ones to fill."""

    id: str = Field(min_length=1)
    query: str = Field(min_length=1)
    kind: QueryKind | None = None
    """To fill; null is no kind that an evaluation takes."""
    documents: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    forbidden: tuple[str, ...] = ()
    call: ExpectedCall | None = None
    injection: Injection | None = None
    user: str = ""
    rubric: str = ""


def read_drafts(path: Path) -> tuple[DraftQuery, ...]:
    """Return the drafts of a file; none when it is not there. Raises `DataError` that names the line."""
    if not path.exists():
        return ()
    drafts = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        try:
            drafts += [DraftQuery.model_validate_json(line)] if line.strip() else []
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"]
            raise DataError(f"is no draft: {problem}", where=f"{path}:{number}", remedy="mend the line") from None
    return tuple(drafts)


def drafts_to_jsonl(drafts: tuple[DraftQuery, ...]) -> bytes:
    """Return one line of JSON a draft, every field there to be filled."""
    lines = (json.dumps(draft.model_dump(mode="json"), ensure_ascii=False) for draft in drafts)
    return "".join(f"{line}\n" for line in lines).encode()
