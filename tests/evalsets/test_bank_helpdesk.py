"""The help desk's starting set is whole: it parses, covers every kind, and fits the tools and the sample bank."""

from __future__ import annotations

import asyncio
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
from roadworthy.store import LocalStore
from roadworthy.tools.bank.backend import Bank
from roadworthy.tools.bank.database import open_in_memory
from roadworthy.tools.gatekeeper import ToolLayer
from roadworthy.tools.interface import Caller, CallVerdict, ToolCall
from roadworthy.tools.loading import load_tools
from roadworthy.tools.opening import open_tool_layer

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


def _calls() -> list[tuple[Query, ExpectedCall]]:
    return [(query, query.call) for query in QUERIES if query.call is not None]


@pytest.fixture
def bank() -> Bank:
    """The sample bank as it is in the beginning."""
    return Bank(open_in_memory())


@pytest.fixture
def layer(bank: Bank, tmp_path: Path) -> ToolLayer:
    """The tool layer on it, with nothing approved."""
    tools = load_tools(ROOT / "tools" / "bank_helpdesk.yaml")
    return open_tool_layer(tools, bank, LocalStore(tmp_path), tmp_path / "key")


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
def test_calls_end_on_the_sample_bank_as_the_set_says(
    query: Query, call: ExpectedCall, layer: ToolLayer, bank: Bank
) -> None:
    """What is done gives the facts, what needs approval works once it is approved, what is refused gives nothing."""
    arguments = {"summary": query.query} if call.tool == "transfer_to_human" else call.arguments
    caller = Caller("bank-helpdesk", query.user)
    outcome = asyncio.run(layer.call(ToolCall(call.tool, arguments), caller))
    if call.verdict == "refused":
        # The bank says of somebody else's things that they are not there: such a call fails, and gives as little.
        assert outcome.verdict in (CallVerdict.REFUSED, CallVerdict.FAILED) and not outcome.output
        return
    assert outcome.verdict == call.verdict
    if outcome.verdict is CallVerdict.NEEDS_APPROVAL:
        assert bank.call(call.tool, arguments, caller)
    else:
        told = outcome.output.casefold()
        assert [fact for fact in query.facts if not any(wording.casefold() in told for wording in fact)] == []


def test_calls_end_in_every_way() -> None:
    """Calls that are done, that a person must approve, and that are refused."""
    verdicts = Counter(call.verdict for query, call in _calls() if query.kind == "tool")
    assert set(verdicts) == {"done", "needs_approval", "refused"} and min(verdicts.values()) >= 3
