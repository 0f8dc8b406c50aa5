"""A tool gets the address that the customer wrote, though neither model, trace nor log ever holds it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.scripted_provider import Rule, ScriptedProvider
from fakes.small_assistant import CHOOSE, WORD, small_assistant

from roadworthy.exchange.assistant import Assistant, ToolUse
from roadworthy.exchange.exchange import exchange
from roadworthy.exchange.interface import Answer, Question
from roadworthy.exchange.toolbox import LayerToolbox
from roadworthy.exchange.withholding import withheld_from
from roadworthy.guardrails.interface import Context, Place, Verdict
from roadworthy.guardrails.personal_data import PersonalDataGuard
from roadworthy.store import LocalStore
from roadworthy.tools.bank.backend import Bank
from roadworthy.tools.bank.database import open_in_memory
from roadworthy.tools.gatekeeper import ToolLayer
from roadworthy.tools.interface import CallVerdict
from roadworthy.tools.loading import load_tools
from roadworthy.tools.opening import open_tool_layer
from roadworthy.tools.withheld import PLACEHOLDERS

ADDRESS = "walter.l@example.org"
HIDDEN = PLACEHOLDERS["email"]
ASKED = Question(f"my new email is {ADDRESS}, please change it", user="cust-005", conversation="c1")
TOOLS = load_tools(Path(__file__).parents[3] / "tools" / "bank_helpdesk.yaml")


@pytest.fixture
def bank() -> Bank:
    """The sample bank."""
    return Bank(open_in_memory())


@pytest.fixture
def layer(tmp_path: Path, bank: Bank) -> ToolLayer:
    """The help desk's tools on it."""
    return open_tool_layer(TOOLS, bank, LocalStore(tmp_path / "store"), tmp_path / "key")


def help_desk(layer: ToolLayer, chosen: str, text: str = HIDDEN) -> tuple[Assistant, ScriptedProvider]:
    """Return an assistant whose model calls the tool `chosen` with `text`, and the model."""
    name = {"change_email": "new_email", "transfer_to_human": "summary"}[chosen]
    call = {"tool": chosen, "arguments": {name: text}}
    provider = ScriptedProvider([Rule("^- get_accounts", call), Rule(" said", "It is changed.")])
    tools = ToolUse(LayerToolbox(layer, "bank-helpdesk"), CHOOSE, WORD)
    return replace(small_assistant(provider, [PersonalDataGuard()], tools=tools), capability="bank-helpdesk"), provider


def ask(assistant: Assistant, question: Question = ASKED) -> Answer:
    """Run one exchange."""
    return asyncio.run(exchange(assistant, question))


def test_an_approved_change_reaches_the_bank_with_the_customers_address(layer: ToolLayer, bank: Bank) -> None:
    """Asked, approved and asked again: the bank has the address; the model, the trace and the store never had it."""
    assistant, provider = help_desk(layer, "change_email")
    first = ask(assistant)
    (waiting,) = first.calls
    assert waiting.verdict is CallVerdict.NEEDS_APPROVAL
    assert waiting.arguments["new_email"] == ADDRESS
    layer.rules.approvals.approve(waiting.approval_request, "clerk")
    second = ask(assistant)
    assert second.calls[0].verdict is CallVerdict.DONE
    (row,) = bank.database.rows("SELECT email FROM customers WHERE user_id = 'cust-005'")
    assert row["email"] == ADDRESS
    assert second.calls[0].output.count(HIDDEN) == 1
    seen = [str(provider.requests), repr(first), repr(second), repr(layer), second.calls[0].output]
    assert not any(ADDRESS in text for text in seen)


def test_nothing_that_is_stored_holds_the_address(layer: ToolLayer, tmp_path: Path) -> None:
    """Not the audit log, not the request for an approval, in any case of letters."""
    ask(help_desk(layer, "change_email")[0])
    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert files
    assert not any(ADDRESS.encode() in path.read_bytes().lower() for path in files)


def test_an_approval_holds_for_this_address_alone(layer: ToolLayer) -> None:
    """The model's call is the same, placeholder and all; the approval is not."""
    assistant, _ = help_desk(layer, "change_email")
    layer.rules.approvals.approve(ask(assistant).calls[0].approval_request, "clerk")
    other = Question("my new email is mallory@example.org", user="cust-005", conversation="c1")
    assert ask(assistant, other).calls[0].verdict is CallVerdict.NEEDS_APPROVAL


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (ASKED.text, "mallory@example.org"),
        (ASKED.text, f"x{HIDDEN}"),
        (ASKED.text, "[personal: phone]"),
        ("change it from ann@example.org to bob@example.org", HIDDEN),
        ("please change my email", HIDDEN),
        (f"my new email is {HIDDEN}", HIDDEN),
    ],
)
def test_what_the_customer_did_not_clearly_say_is_refused(layer: ToolLayer, question: str, text: str) -> None:
    """Another address, none, or one of two: the call is refused before anybody is asked to approve it."""
    assistant, _ = help_desk(layer, "change_email", text)
    (refused,) = ask(assistant, Question(question, user="cust-005")).calls
    assert refused.verdict is CallVerdict.REFUSED
    assert "@" not in refused.reason


def test_other_arguments_keep_the_placeholder(layer: ToolLayer) -> None:
    """Only an argument that is declared as an address gets one."""
    assistant, _ = help_desk(layer, "transfer_to_human", f"wants {HIDDEN}")
    (call,) = ask(assistant).calls
    assert (call.verdict, call.arguments["summary"]) == (CallVerdict.DONE, f"wants {HIDDEN}")


def test_the_next_exchange_knows_nothing_of_it(layer: ToolLayer) -> None:
    """What one customer wrote is never put into another's call, nor into his own next one."""
    assistant, _ = help_desk(layer, "change_email")
    ask(assistant)
    for user in ("cust-001", ASKED.user):
        (refused,) = ask(assistant, Question("please change my email", user=user)).calls
        assert refused.verdict is CallVerdict.REFUSED


def test_only_the_customers_own_words_count() -> None:
    """The guard hands on what stood in the question, in its own placeholder's place; nothing of documents or tools."""
    guard = PersonalDataGuard(frozenset(Place))
    scans = {place: guard.scan(ASKED.text, place, Context()) for place in Place}
    assert all(scan.verdict is Verdict.CHANGED and HIDDEN in scan.text for scan in scans.values())
    assert [place for place, scan in scans.items() if scan.taken_out] == [Place.INPUT]
    assert withheld_from(scans[Place.INPUT].taken_out).values == {"email": ADDRESS}
    assert ADDRESS not in repr(scans)
