"""Evaluation sets: what reads, what is refused and where, and what is advised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from answer_samples import QUERIES
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import DataError
from roadworthy.evaluation.draft_query import DRAFTS, DraftQuery, drafts_to_jsonl
from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.query_sets import advice, parse_query_set, read_query_set

FIRST: dict[str, Any] = QUERIES[0].model_dump(mode="json")


def lines(*values: dict[str, Any]) -> bytes:
    """Return JSON Lines."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def without(name: str) -> dict[str, Any]:
    """Return the first query without a field."""
    return {key: value for key, value in FIRST.items() if key != name}


def test_a_set_reads_in_its_order(tmp_path: Path) -> None:
    """Empty lines, and a missing newline at the end, don't matter."""
    path = tmp_path / "bank.jsonl"
    content = lines(*(query.model_dump(mode="json") for query in QUERIES))
    path.write_bytes(b"\n" + content.rstrip() + b"\n\n")
    assert read_query_set(path) == QUERIES


@pytest.mark.parametrize(
    ("second", "problem", "where"),
    [
        (lines(without("query")), "Field required", "s.jsonl:2: query"),
        (lines({**FIRST, "id": "b", "colour": "red"}), "Extra inputs", "s.jsonl:2: colour"),
        (lines({**FIRST, "id": "b", "kind": "chat"}), "'answer', 'refuse'", "s.jsonl:2: kind"),
        (lines({**FIRST, "id": "b", "kind": None}), "'answer', 'refuse'", "s.jsonl:2: kind"),
        (lines({**FIRST, "id": "b", "facts": []}), "needs facts and documents", "s.jsonl:2"),
        (lines({**FIRST, "id": "b", "kind": "tool"}), "needs a call", "s.jsonl:2"),
        (lines({**FIRST, "id": "b", "facts": "35"}), "valid array", "s.jsonl:2: facts"),
        (lines(FIRST), "fee is used twice", "s.jsonl:2: id"),
        (b"{\n", "Invalid JSON", "s.jsonl:2"),
        (b"\xff\xfe\n", "Invalid JSON", "s.jsonl:2"),
        (b"[1]\n", "is no query", "s.jsonl:2"),
    ],
)
def test_what_is_no_query_is_refused_with_its_line_and_field(second: bytes, problem: str, where: str) -> None:
    """The first line is right, the second is not."""
    with pytest.raises(DataError, match=problem) as caught:
        parse_query_set(lines(FIRST) + second, "s.jsonl")
    assert caught.value.where == where
    assert caught.value.remedy


def test_no_file_no_query_and_drafts_are_refused(tmp_path: Path) -> None:
    """Drafts never enter an evaluation: not by their file's name, and not by their lines."""
    with pytest.raises(DataError, match="can't be read"):
        read_query_set(tmp_path / "missing.jsonl")
    with pytest.raises(DataError, match="holds no query"):
        parse_query_set(b"\n \n", "s.jsonl")
    drafts = drafts_to_jsonl((DraftQuery(id="d", query="What  now?"),))
    path = tmp_path / f"bank{DRAFTS}"
    path.write_bytes(drafts)
    with pytest.raises(DataError, match="rubrics are not filled"):
        read_query_set(path)
    with pytest.raises(DataError, match="is no query") as caught:
        parse_query_set(drafts, "s.jsonl")
    assert caught.value.where == "s.jsonl:1: kind"


def test_a_filled_draft_is_a_query() -> None:
    """Every field is there to be filled, under the name that a query has."""
    (line,) = drafts_to_jsonl((DraftQuery(id="d", query="What  now?"),)).splitlines()
    filled = {**json.loads(line), "kind": "answer", "facts": [["now"]], "documents": ["clock"]}
    assert parse_query_set(lines(filled), "s.jsonl")[0].query == "What  now?"
    assert set(DraftQuery.model_fields) == set(Query.model_fields)


@given(st.binary(max_size=200))
def test_any_bytes_read_or_are_refused(content: bytes) -> None:
    """Nothing but a DataError."""
    try:
        parse_query_set(content, "s.jsonl")
    except DataError as error:
        assert error.where is not None


def set_of(answers: int, refuse: int, unknown: int, tool: int, injected: int) -> list[Query]:
    """Return so many queries of each kind, each with a rubric and a text of its own."""
    counts = zip(QUERIES, (answers, tool, refuse, unknown, injected), strict=True)
    return [
        query.model_copy(update={"id": f"{query.id}-{number}", "query": f"{query.id} {number}", "rubric": "2: right"})
        for query, count in counts
        for number in range(count)
    ]


def test_a_set_that_holds_enough_of_everything_gets_no_advice() -> None:
    """100 queries: 40 answers, 10 and 10 to refuse and not to know, 20 tools, 20 attacks."""
    assert advice(set_of(40, 10, 10, 20, 20)) == ()


def test_advice_names_what_is_missing() -> None:
    """Counts and kinds."""
    found = advice([*set_of(5, 10, 9, 0, 19), QUERIES[0], QUERIES[0].model_copy(update={"id": "again"})])
    assert found == (
        "45 queries; 50 to 200 are recommended",
        "19 queries of the kind refused or unknown; at least 20 are recommended",
        "0 queries of the kind tool; at least 20 are recommended",
        "19 queries of the kind injected; at least 20 are recommended",
        "2 queries have no rubric in words, which a judge and people go by",
        "1 queries ask what another one asks, word for word",
    )
