"""Evaluation sets: JSON Lines of queries with their rubrics, and whether there is enough of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from roadworthy.errors import DataError
from roadworthy.evaluation.draft_query import DRAFTS
from roadworthy.evaluation.queries import Query

RECOMMENDED = (50, 200)
"""So many queries tell a change from luck and can still be kept up by people."""
FEWEST_OF = {"refused or unknown": ({"refuse", "unknown"}, 20), "tool": ({"tool"}, 20), "injected": ({"injected"}, 20)}
"""The kinds that an assistant fails on unnoticed, and how many of them a set should hold."""


def read_query_set(path: Path) -> tuple[Query, ...]:
    """Return the queries of a .jsonl file, in its order.

    Raises `DataError`, which names file, line and field: not there, drafts, no JSON, a field that is missing, unknown
    or wrong, an id used twice, no query at all.
    """
    if path.name.endswith(DRAFTS):
        raise DataError(
            "drafts can't be evaluated: their rubrics are not filled",
            where=str(path),
            remedy="fill kind, facts and documents, and move the lines to the evaluation set",
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"can't be read: {error.strerror}", where=str(path), remedy="check the path") from None
    return parse_query_set(content, str(path))


def parse_query_set(content: bytes, where: str) -> tuple[Query, ...]:
    """Return the queries of JSON Lines; `where` is the file's name in errors. Raises as `read_query_set` does."""
    lines = [(number, line) for number, line in enumerate(content.split(b"\n"), start=1) if line.strip()]
    if not lines:
        raise DataError("holds no query", where=where, remedy="write one query a line, as JSON")
    queries: dict[str, Query] = {}
    for number, line in lines:
        query = _parse(line, f"{where}:{number}")
        if query.id in queries:
            raise DataError(f"the id {query.id} is used twice", where=f"{where}:{number}: id", remedy="give another id")
        queries[query.id] = query
    return tuple(queries.values())


def advice(queries: Sequence[Query]) -> tuple[str, ...]:
    """Return what to mend in a set that is valid: too few or too many queries, too few of a kind, empty rubrics."""
    fewest, most = RECOMMENDED
    found = []
    if not fewest <= len(queries) <= most:
        found.append(f"{len(queries)} queries; {fewest} to {most} are recommended")
    counts = Counter(query.kind for query in queries)
    for name, (kinds, wanted) in FEWEST_OF.items():
        count = sum(counts[kind] for kind in counts if kind in kinds)
        if count < wanted:
            found.append(f"{count} queries of the kind {name}; at least {wanted} are recommended")
    bare = sum(not query.rubric for query in queries)
    if bare:
        found.append(f"{bare} queries have no rubric in words, which a judge and people go by")
    texts = Counter(" ".join(query.query.casefold().split()) for query in queries)
    repeated = sum(count - 1 for count in texts.values())
    if repeated:
        found.append(f"{repeated} queries ask what another one asks, word for word")
    return tuple(found)


def _parse(line: bytes, where: str) -> Query:
    try:
        return Query.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DataError(
            f"is no query: {first['msg'].removeprefix('Value error, ')}",
            where=f"{where}: {field}" if field else where,
            remedy="mend the line; what a query holds is told in roadworthy/evaluation/queries.py",
        ) from None
