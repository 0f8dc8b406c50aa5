"""The bank's tools act for one customer, by the bank's procedures, once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from roadworthy.errors import IntegrityError, Unavailable
from roadworthy.store import LocalStore
from roadworthy.tools.bank.backend import Bank
from roadworthy.tools.bank.database import open_file, open_in_memory, sample_day
from roadworthy.tools.bank.money import dollars, working_days_after
from roadworthy.tools.failure import ToolFailed
from roadworthy.tools.interface import Caller, CallVerdict, ToolCall
from roadworthy.tools.loading import load_tools
from roadworthy.tools.opening import open_tool_layer

ROOT = Path(__file__).parents[3]
MIA, TOMAS, KEIKO = "cust-001", "cust-002", "cust-003"
READS = (
    "get_accounts",
    "get_credit_cards",
    "get_debit_cards",
    "get_referrals",
    "get_application_status",
    "get_disputes",
)
DISPUTE = {"reason": "duplicate_charge", "resolution": "full_refund", "contacted_merchant": True}


@pytest.fixture(params=["memory", "file"])
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bank]:
    """A bank with the sample's customers, of each kind in turn."""
    database = open_in_memory() if request.param == "memory" else open_file(tmp_path / "bank.sqlite")
    yield Bank(database)
    database.close()


def call(bank: Bank, tool: str, user: str = MIA, key: str = "", **arguments: Any) -> Any:
    """Call a tool for a customer."""
    return bank.call(tool, {"user_id": user, **arguments}, Caller("bank-helpdesk", user, idempotency_key=key))


def everything(bank: Bank) -> dict[str, list[dict[str, Any]]]:
    """Return all that the bank holds, but for the results that it remembers."""
    tables = [row["name"] for row in bank.database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: bank.database.rows(f"SELECT * FROM {table}") for table in tables if table != "finished"}  # noqa: S608


def test_the_sample_is_what_its_table_says(bank: Bank) -> None:
    """Balances come in dollars and exact, days as they are, and empty columns not at all."""
    first = call(bank, "get_accounts")[0]
    assert first == {
        "account_id": "acc-1001",
        "kind": "checking",
        "name": "Blue Account",
        "status": "OPEN",
        "balance": "1240.55",
        "opened": "2021-06-01",
    }
    assert [row["transaction_id"] for row in call(bank, "get_transactions", account_id="cc-1001")] == [
        "txn-1008",
        "txn-1007",
        "txn-1006",
        "txn-1009",
    ]
    assert sample_day() == date(2025, 11, 14)


def test_transactions_can_be_limited(bank: Bank) -> None:
    """`since` and `limit` do what they say."""
    found = call(bank, "get_transactions", account_id="cc-1001", since="2025-11-02", limit=2)
    assert [row["transaction_id"] for row in found] == ["txn-1008", "txn-1007"]


@pytest.mark.parametrize("tool", READS)
def test_a_customer_sees_what_is_his(bank: Bank, tool: str) -> None:
    """No two customers see a row in common, and nobody sees a customer's number in an answer."""
    customers = [row["user_id"] for row in bank.database.rows("SELECT user_id FROM customers")]
    seen = [str(row) for user in customers for row in call(bank, tool, user)]
    assert len(seen) == len(set(seen)) > 0
    assert "cust-" not in "".join(seen)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_transactions", {"account_id": "acc-2001"}),
        ("get_transactions", {"account_id": "cc-2001"}),
        ("submit_dispute", {"transaction_id": "txn-2004", **DISPUTE}),
        ("order_replacement_card", {"card_id": "cc-2001", "reason": "lost"}),
        ("freeze_card", {"card_id": "cc-2001"}),
        ("close_account", {"account_id": "acc-7002"}),
    ],
)
def test_what_is_somebody_elses_is_as_if_it_were_not_there(bank: Bank, tool: str, arguments: dict[str, Any]) -> None:
    """Another customer's things give the same words as things that do not exist, and stay as they were."""
    before = everything(bank)
    with pytest.raises(ToolFailed) as theirs:
        call(bank, tool, **arguments)
    nowhere = {name: "xx-0000" if name.endswith("_id") else value for name, value in arguments.items()}
    with pytest.raises(ToolFailed) as nothing:
        call(bank, tool, **nowhere)
    assert theirs.value.problem == nothing.value.problem
    assert everything(bank) == before


def test_the_bank_acts_for_the_caller_whatever_the_arguments_say(bank: Bank) -> None:
    """Even without the layer in front of it, the customer in the arguments counts for nothing."""
    found = bank.call("get_accounts", {"user_id": TOMAS}, Caller("bank-helpdesk", MIA))
    assert [row["account_id"] for row in found] == ["acc-1001", "acc-1002", "acc-1003"]
    with pytest.raises(ToolFailed, match="no such customer"):
        bank.call("get_accounts", {"user_id": MIA}, Caller("bank-helpdesk", ""))
    with pytest.raises(ToolFailed, match="no such tool"):
        bank.call("rob", {}, Caller("bank-helpdesk", MIA))


def test_a_dispute_is_submitted_once(bank: Bank) -> None:
    """A posted transaction can be disputed; a disputed, pending or refunded one can't."""
    made = call(bank, "submit_dispute", transaction_id="txn-1007", **DISPUTE)
    assert (made["status"], made["submitted"], made["contacted_merchant"]) == ("SUBMITTED", "2025-11-14", True)
    assert call(bank, "get_disputes") == [made]
    for transaction, problem in [("txn-1007", "disputed already"), ("txn-1005", "Only a posted")]:
        with pytest.raises(ToolFailed, match=problem):
            call(bank, "submit_dispute", transaction_id=transaction, **DISPUTE)
    with pytest.raises(ToolFailed, match="Only a posted"):
        call(bank, "submit_dispute", KEIKO, transaction_id="txn-3005", **DISPUTE)


def test_a_card_is_applied_for_once(bank: Bank) -> None:
    """An application is pending; a second for the same card, and one for a card in hand, are turned down."""
    made = call(bank, "apply_for_credit_card", card_type="EcoCard", annual_income=62_000)
    assert (made["status"], made["annual_income"], made["rho_bank_plus"]) == ("PENDING", "62000.00", False)
    assert call(bank, "get_application_status")[0] == made
    with pytest.raises(ToolFailed, match="open already"):
        call(bank, "apply_for_credit_card", card_type="EcoCard", annual_income=1)
    with pytest.raises(ToolFailed, match="holds this card"):
        call(bank, "apply_for_credit_card", card_type="Silver Rewards Card", annual_income=1)


def test_an_email_address_is_changed_for_one_customer(bank: Bank) -> None:
    """The customer's address is another one, and nobody else's."""
    call(bank, "change_email", new_email="mia@example.org")
    changed = bank.database.rows("SELECT user_id FROM customers WHERE email = 'mia@example.org'")
    assert changed == [{"user_id": MIA}]


@pytest.mark.parametrize(
    ("user", "card", "speed", "fee", "expected"),
    [
        (MIA, "cc-1001", "expedited", "10.00", "2025-11-19"),
        (TOMAS, "cc-2001", "expedited", "15.00", "2025-11-19"),
        (KEIKO, "cc-3001", "expedited", "0.00", "2025-11-19"),
        (MIA, "cc-1001", "standard", "0.00", "2025-11-28"),
    ],
)
def test_a_replacement_costs_and_takes_what_the_procedure_says(
    bank: Bank, user: str, card: str, speed: str, fee: str, expected: str
) -> None:
    """The fee is by the card's tier, delivery in working days, and the old card works no more."""
    made = call(bank, "order_replacement_card", user, card_id=card, reason="lost", speed=speed)
    assert (made["fee"], made["expected"], made["status"]) == (fee, expected, "ORDERED")
    cards = {row["card_id"]: row["status"] for row in call(bank, "get_credit_cards", user)}
    assert cards[card] == "CANCELLED"
    with pytest.raises(ToolFailed, match="active or frozen"):
        call(bank, "order_replacement_card", user, card_id=card, reason="lost")


def test_a_replacement_under_way_is_not_ordered_again(bank: Bank) -> None:
    """The sample's shipped replacement stands in the way of another."""
    with pytest.raises(ToolFailed, match="under way"):
        call(bank, "order_replacement_card", KEIKO, card_id="cc-3002", reason="lost")


def test_an_active_card_is_frozen(bank: Bank) -> None:
    """Debit and credit cards freeze when they are active, and only then."""
    assert call(bank, "freeze_card", card_id="dc-1001")["status"] == "FROZEN"
    for user, card in [(MIA, "dc-1001"), (TOMAS, "dc-2001"), ("cust-005", "cc-5001")]:
        with pytest.raises(ToolFailed, match="Only an active card"):
            call(bank, "freeze_card", user, card_id=card)


@pytest.mark.parametrize(
    ("user", "account", "fee", "paid", "closes"),
    [
        (MIA, "acc-1003", "0.00", "0.00", "2025-11-14"),
        ("cust-007", "acc-7001", "25.00", "285.00", "2025-11-17"),
        (TOMAS, "acc-2002", "35.00", "865.00", "2025-11-19"),
        ("cust-008", "acc-8002", "0.00", "0.00", "2025-11-19"),
    ],
)
def test_an_account_closes_by_the_terms_of_its_tier(
    bank: Bank, user: str, account: str, fee: str, paid: str, closes: str
) -> None:
    """An empty account closes without a fee, a young one with it, each with its notice period; once."""
    made = call(bank, "close_account", user, account_id=account)
    assert (made["fee"], made["paid_out"], made["closes_on"]) == (fee, paid, closes)
    with pytest.raises(ToolFailed, match="not open"):
        call(bank, "close_account", user, account_id=account)


@pytest.mark.parametrize(
    ("user", "account", "problem"),
    [
        (MIA, "acc-1001", "pending transactions"),
        (MIA, "acc-1002", "has to be zero"),
        ("cust-007", "acc-7002", "does not cover the early closure fee"),
        ("cust-004", "acc-4002", "not open"),
    ],
)
def test_an_account_that_may_not_close_stays_open(bank: Bank, user: str, account: str, problem: str) -> None:
    """What the procedure forbids is said, and nothing is changed."""
    before = everything(bank)
    with pytest.raises(ToolFailed, match=problem):
        call(bank, "close_account", user, account_id=account)
    assert everything(bank) == before


def test_a_handover_is_kept(bank: Bank) -> None:
    """The summary is there for the person who takes over."""
    made = call(bank, "transfer_to_human", summary="Wants to talk.")
    assert made == {"handover_id": "hnd-9001", "summary": "Wants to talk.", "day": "2025-11-14"}


def test_a_repeated_write_happens_once(bank: Bank) -> None:
    """The same key gives the same answer and changes nothing; another key acts again."""
    first = call(bank, "transfer_to_human", key="k1", summary="Help.")
    state = everything(bank)
    assert call(bank, "transfer_to_human", key="k1", summary="Help.") == first
    assert everything(bank) == state
    assert call(bank, "transfer_to_human", key="k2", summary="Help.") != first
    assert call(bank, "transfer_to_human", summary="Help.") != first
    frozen = call(bank, "freeze_card", key="k3", card_id="dc-1001")
    assert call(bank, "freeze_card", key="k3", card_id="dc-1001") == frozen


def test_a_write_that_fails_leaves_nothing(bank: Bank) -> None:
    """A write that breaks in the middle is taken back whole, and its key is free to try again."""
    before = everything(bank)
    with pytest.raises(sqlite3.IntegrityError):
        # The card is cancelled first; then the order has no reason, which the table does not allow.
        call(bank, "order_replacement_card", key="k", card_id="cc-1001", reason=None)
    assert everything(bank) == before
    assert call(bank, "order_replacement_card", key="k", card_id="cc-1001", reason="lost")["status"] == "ORDERED"


def test_of_sixteen_who_close_an_account_one_does(tmp_path: Path) -> None:
    """Connections of their own, as of processes, take turns: one closes it, the others are told."""
    banks = [Bank(open_file(tmp_path / "bank.sqlite")) for _ in range(16)]
    together = Barrier(16)

    def close(bank: Bank) -> str:
        together.wait(30)
        try:
            return str(call(bank, "close_account", account_id="acc-1003")["status"])
        except ToolFailed:
            return "told"

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(close, banks)) == ["CLOSED"] + ["told"] * 15


def test_a_bank_in_a_file_is_made_once_and_kept(tmp_path: Path) -> None:
    """Many who open it first get one whole bank; what is changed is there the next time."""
    path = tmp_path / "deep" / "bank.sqlite"
    with ThreadPoolExecutor(8) as pool:
        banks = [Bank(database) for database in pool.map(open_file, [path] * 8)]
    assert all(len(call(bank, "get_accounts")) == 3 for bank in banks)
    call(banks[0], "freeze_card", card_id="dc-1001")
    assert call(Bank(open_file(path)), "get_debit_cards")[0]["status"] == "FROZEN"


def test_a_file_that_is_no_bank_is_refused(tmp_path: Path) -> None:
    """Something else under the bank's name is an error with its place, and stays as it was."""
    for content in (b"no database at all, but long enough to look at " * 50, b""):
        path = tmp_path / f"{len(content)}.sqlite"
        path.write_bytes(content)
        with pytest.raises(IntegrityError, match=r"\.sqlite"):
            open_file(path)
        assert path.read_bytes() == content
    with pytest.raises(Unavailable):
        open_file(tmp_path / "0.sqlite" / "bank.sqlite")


def test_banks_in_memory_are_apart() -> None:
    """What happens in one bank does not happen in another."""
    one, other = Bank(open_in_memory()), Bank(open_in_memory())
    call(one, "freeze_card", card_id="dc-1001")
    assert call(other, "get_debit_cards")[0]["status"] == "ACTIVE"


def test_the_help_desk_through_the_layer(tmp_path: Path) -> None:
    """The project's declaration, layer and bank together: a read runs, a closing waits for a clerk, then runs once."""
    tools = load_tools(ROOT / "tools" / "bank_helpdesk.yaml")
    layer = open_tool_layer(tools, Bank(open_in_memory()), LocalStore(tmp_path / "store"), tmp_path / "key")
    mia = Caller("bank-helpdesk", MIA, "c1")
    close = ToolCall("close_account", {"account_id": "acc-1003"})

    async def talk() -> list[CallVerdict]:
        read = await layer.call(ToolCall("get_accounts", {}), mia)
        foreign = await layer.call(ToolCall("get_accounts", {"user_id": TOMAS}), mia)
        asked = await layer.call(close, mia)
        layer.rules.approvals.approve(asked.approval_request, "clerk")
        following = layer.for_exchange()
        done, again = await following.call(close, mia), await following.call(close, mia)
        return [outcome.verdict for outcome in (read, foreign, asked, done, again)]

    assert asyncio.run(talk()) == ["done", "refused", "needs_approval", "done", "needs_approval"]
    assert [entry.fact.verdict for entry in layer.audit.entries()] == [
        *("started", "done", "refused", "needs_approval", "started", "done", "needs_approval")
    ]


def test_amounts_and_days() -> None:
    """Cents become dollars exactly, also below zero; working days pass over the weekend."""
    assert [dollars(cents) for cents in (0, 5, 124055, -300, -5)] == ["0.00", "0.05", "1240.55", "-3.00", "-0.05"]
    friday = date(2025, 11, 14)
    assert [working_days_after(friday, days).day for days in (0, 1, 5, 6)] == [14, 17, 21, 24]
