"""Real queries on their way into a set: anonymised before all else, each once, as drafts, every row accounted for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import DataError
from roadworthy.evaluation.adding import AddingReport, add_queries, append_drafts
from roadworthy.evaluation.near_duplicates import SAME_FROM, NearDuplicates, jaccard, shingles
from roadworthy.evaluation.real_queries import read_real_queries

EXISTING = ("How do I order a new debit card for my account when I am abroad?",)
ROWS = (
    "What is the fee?",
    "  what is   the FEE? ",
    "",
    "Call me on 555-0100 about my loan",
    "Call me on 555-0199 about my loan",
    "How do I order a new debit card for my account, when I am abroad??",
    "How do I close my account?",
)


@dataclass(frozen=True)
class Redacted:
    """What a redactor gives."""

    text: str


def redact(text: str) -> Redacted:
    """Take telephone numbers out."""
    return Redacted(re.sub(r"555-\d{4}", "[personal: phone]", text))


def csv_file(folder: Path, content: str, name: str = "real.csv") -> Path:
    """Write a file."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    """Empty, exact, near, added; two numbers that differ are one query once they are taken out."""
    path = csv_file(tmp_path, "\n".join(json.dumps({"text": row}) for row in ROWS), "real.jsonl")
    added = add_queries(path, EXISTING, redact)
    assert added.report == AddingReport(
        column="text", read=7, empty=1, exact_duplicates=2, near_duplicates=1, added=3, redacted=2
    )
    texts = [draft.query for draft in added.drafts]
    assert texts == ["What is the fee?", "Call me on [personal: phone] about my loan", "How do I close my account?"]
    assert {draft.kind for draft in added.drafts} == {None}
    assert len({draft.id for draft in added.drafts}) == 3


def test_adding_twice_adds_nothing_and_ids_stay(tmp_path: Path) -> None:
    """An id follows from the anonymised text, so that it names no row of anybody's file."""
    path = csv_file(tmp_path, "question\nWhat is the fee?\nIs it open?\n")
    first = add_queries(path, EXISTING, redact)
    assert [one.id for one in add_queries(path, (), redact).drafts] == [one.id for one in first.drafts]
    again = add_queries(path, (draft.query for draft in first.drafts), redact)
    assert (again.report.added, again.report.exact_duplicates) == (0, 2)


def test_nothing_that_was_taken_out_is_kept(tmp_path: Path) -> None:
    """Neither in the drafts' file nor in the report; what stood in the file before stays."""
    path = csv_file(tmp_path, "query\nCall 555-0100\nCall 555-0100 now please\n")
    drafts = tmp_path / "set.drafts.jsonl"
    drafts.write_bytes(b'{"id": "old"}')
    added = add_queries(path, (), redact)
    append_drafts(drafts, added.drafts)
    assert "555-0100" not in drafts.read_text() + added.model_dump_json()
    assert drafts.read_text().splitlines()[0] == '{"id": "old"}'
    assert len(drafts.read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("id,Question\n1,Is it open?\n", "Question"),
        ("text;query\nx;Is it open?\n", "query"),
        ("\ufeffutterance\tlabel\nIs it open?\t3\n", "utterance"),
        ('text,label\n"Is it open?",x\r\n', "text"),
    ],
)
def test_the_column_is_guessed_by_its_name(tmp_path: Path, content: str, column: str) -> None:
    """The likeliest name first; commas, semicolons, tabs, a byte order mark, Windows' lines."""
    found = read_real_queries(csv_file(tmp_path, content))
    assert (found.column, found.texts) == (column, ("Is it open?",))


def test_a_named_column_is_taken(tmp_path: Path) -> None:
    """Whatever it is called; a line break in quotes belongs to the text."""
    path = csv_file(tmp_path, 'wish,text\n"a card,\nplease",no\n')
    assert read_real_queries(path, "Wish").texts == ("a card,\nplease",)


@pytest.mark.parametrize(
    ("name", "content", "problem", "place"),
    [
        ("a.csv", "id,words\n1,secret words\n", "no column that is called like a query", "id, words"),
        ("a.csv", "", "holds no rows", "a.csv"),
        ("a.csv", "query\n", "holds no rows", "a.csv"),
        ("a.csv", "query,x\na,b\nsecret words,b,c\n", "more fields than the header", "a.csv:3"),
        ("a.csv", 'query\nok\n"secret words', "broken CSV", "a.csv:3"),
        ("a.jsonl", '{"query": "a"}\nsecret words\n', "no JSON object", "a.jsonl:2"),
        ("a.jsonl", '{"query": "a"}\n{"query": 7}\n', "is no text", "a.jsonl:2: query"),
        ("a.xlsx", "x", "neither CSV nor JSON Lines", "a.xlsx"),
    ],
)
def test_what_can_not_be_read_is_named_without_what_stands_there(
    tmp_path: Path, name: str, content: str, problem: str, place: str
) -> None:
    """File and line, and never a user's words."""
    with pytest.raises(DataError, match=problem) as caught:
        read_real_queries(csv_file(tmp_path, content, name))
    assert caught.value.where is not None and caught.value.where.endswith(place)
    assert "secret words" not in str(caught.value)


def test_bytes_that_are_no_text_name_their_line(tmp_path: Path) -> None:
    """Latin-1, and a file that is not there."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"query\nok\ncaf\xe9\n")
    with pytest.raises(DataError, match="not UTF-8") as caught:
        read_real_queries(path)
    assert caught.value.where == f"{path}:3"
    with pytest.raises(DataError, match="can't be read"):
        read_real_queries(tmp_path / "missing.csv")


VOCABULARY = ("what", "is", "the", "fee", "for", "a", "new", "card", "abroad", "please")
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=14).map(" ".join)


@given(st.lists(WORDS, max_size=12), WORDS)
def test_near_duplicates_are_all_found(texts: list[str], text: str) -> None:
    """As if the text were held against every other one."""
    seen = NearDuplicates()
    for one in texts:
        seen.add(one)
    expected = any(jaccard(shingles(one), shingles(text)) >= SAME_FROM for one in texts if one and text)
    assert seen.has_like(text) == expected


def test_similar_is_not_the_same() -> None:
    """One other word in a short question makes another question."""
    seen = NearDuplicates()
    seen.add("How do I close my account?")
    assert seen.has_like("how do i close my account")
    assert not seen.has_like("How do I open my account?")
