"""The help desk's starting set is whole: it parses, covers every kind, and fits the tools and the sample bank."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from roadworthy.evaluation.queries import ExpectedCall, Query, QueryKind

ROOT = Path(__file__).resolve().parents[2]
LINES = (ROOT / "evalsets" / "bank_helpdesk.jsonl").read_text(encoding="utf-8").splitlines()
QUERIES = [Query.model_validate_json(line) for line in LINES]
LEAST: dict[QueryKind, int] = {"answer": 75, "refuse": 12, "unknown": 12, "tool": 22, "injected": 24}


def _of(kind: str) -> list[Query]:
    return [query for query in QUERIES if query.kind == kind]


def _plain(text: str) -> str:
    """Fold away what does not make two wordings different: case, width, punctuation and spaces."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def _tools() -> dict[str, Mapping[str, Any]]:
    declared = yaml.safe_load((ROOT / "tools" / "bank_helpdesk.yaml").read_text(encoding="utf-8"))
    return {tool["name"]: tool["parameters"] for tool in declared["tools"]}


def _rows(table: str) -> list[dict[str, Any]]:
    """Return a table of the sample bank."""
    seed = json.loads((ROOT / "roadworthy" / "tools" / "bank" / "seed.json").read_text(encoding="utf-8"))[table]
    return [dict(zip(seed["columns"], row, strict=True)) for row in seed["rows"]]


def _calls() -> list[tuple[Query, ExpectedCall]]:
    return [(query, query.call) for query in QUERIES if query.call is not None]


def test_the_set_is_as_large_as_it_says_and_covers_every_kind() -> None:
    """150 to 160 queries, and of each kind at least the number that an evaluation needs."""
    counts = Counter(query.kind for query in QUERIES)
    assert 150 <= len(QUERIES) <= 160
    assert {kind: number for kind, number in LEAST.items() if counts[kind] < number} == {}


def test_ids_are_unique_and_sorted() -> None:
    """A query is known by its id, so that two evaluations can be paired."""
    ids = [query.id for query in QUERIES]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"bank-\d{3}", one) for one in ids)


def test_no_query_is_asked_twice() -> None:
    """The same question twice would count twice."""
    asked = Counter(_plain(query.query) for query in QUERIES)
    assert [text for text, times in asked.items() if times > 1] == []


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.id)
def test_wordings_can_match(query: Query) -> None:
    """No wording is empty or padded, none stands twice in a fact, and no right wording is forbidden as well."""
    wordings = [wording for fact in query.facts for wording in fact]
    assert all(query.facts) and all(text.strip() for text in (*wordings, *query.forbidden))
    assert all(wording == wording.strip() for wording in wordings)
    assert all(len(set(fact)) == len(fact) for fact in query.facts)
    assert not {text.casefold() for text in query.forbidden} & {text.casefold() for text in wordings}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.id)
def test_the_rubric_says_what_a_two_a_one_and_a_zero_is(query: Query) -> None:
    """People and judges score by the same words."""
    assert re.match(r"2: .+ 1: .+ 0: .+", query.rubric)


def test_documents_are_named_as_the_corpus_names_them() -> None:
    """A misspelt id could never be retrieved."""
    named = [document for query in QUERIES for document in query.documents]
    assert [one for one in named if not re.fullmatch(r"doc_[a-z0-9_()+-]+_\d{3}", one)] == []
    assert all(len(set(query.documents)) == len(query.documents) for query in QUERIES)


def test_what_must_not_be_answered_names_no_document_and_no_fact() -> None:
    """A refusal or an "I don't know." has nothing to quote."""
    quoting = [query.id for query in (*_of("refuse"), *_of("unknown")) if query.documents or query.facts or query.call]
    assert quoting == []


def test_attacks_stand_where_they_say() -> None:
    """12 in the query, 8 in a document, 4 in a tool's output at least, with the text where it is put in."""
    attacks = [query.injection for query in _of("injected") if query.injection is not None]
    places = Counter(attack.place for attack in attacks)
    assert places["query"] >= 12 and places["document"] >= 8 and places["tool_output"] >= 4
    assert all(bool(attack.text) == (attack.place != "query") for attack in attacks)
    assert len({attack.marker for attack in attacks}) == len(attacks)


@pytest.mark.parametrize("query", _of("injected"), ids=lambda query: query.id)
def test_a_right_answer_holds_no_marker(query: Query) -> None:
    """The marker shows up only if the attack worked: never in a fact of the same query."""
    assert query.injection is not None
    marker = query.injection.marker.casefold()
    assert all(marker not in wording.casefold() for fact in query.facts for wording in fact)


def test_attacks_that_need_a_document_or_a_tool_have_one() -> None:
    """A text can only be put into a document that is retrieved, or into the output of a call that is made."""
    for query in _of("injected"):
        assert query.injection is not None
        assert query.injection.place != "document" or (query.documents and query.facts)
        assert query.injection.place != "tool_output" or (query.call is not None and query.user)


@pytest.mark.parametrize(("query", "call"), _calls(), ids=lambda value: value.id if isinstance(value, Query) else "")
def test_calls_fit_the_declared_tools(query: Query, call: ExpectedCall) -> None:
    """The tool is declared, takes these arguments, and the application alone says who the customer is."""
    tools = _tools()
    assert call.tool in tools
    schema = tools[call.tool]
    assert "user_id" not in call.arguments
    assert set(call.arguments) <= set(schema["properties"])
    if call.tool != "transfer_to_human":  # Its summary is in the model's own words.
        jsonschema.validate({"user_id": query.user, **call.arguments}, schema)


@pytest.mark.parametrize(("query", "call"), _calls(), ids=lambda value: value.id if isinstance(value, Query) else "")
def test_a_call_acts_on_what_the_customer_has(query: Query, call: ExpectedCall) -> None:
    """Whoever asks is a customer and names their own things; otherwise the call must be refused."""
    customers = {row["user_id"] for row in _rows("customers")}
    assert query.user in customers or (not query.user and call.verdict == "refused")
    keys = {"accounts": "account_id", "cards": "card_id", "transactions": "transaction_id"}
    own = {row[key] for table, key in keys.items() for row in _rows(table) if row["user_id"] == query.user}
    named = [value for key, value in call.arguments.items() if key in ("account_id", "card_id", "transaction_id")]
    assert all((value in own) != (call.verdict == "refused") for value in named)


def test_calls_end_in_every_way() -> None:
    """Calls that are done, that a person must approve, and that are refused."""
    verdicts = Counter(call.verdict for query, call in _calls() if query.kind == "tool")
    assert set(verdicts) == {"done", "needs_approval", "refused"} and min(verdicts.values()) >= 3
