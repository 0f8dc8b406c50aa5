"""The bank's tools that change something: each for one customer, inside one transaction, by the bank's procedures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from roadworthy.tools.bank.closing import closing_terms
from roadworthy.tools.bank.database import Database
from roadworthy.tools.bank.money import told, working_days_after
from roadworthy.tools.failure import ToolFailed, ToolRefused

_DELIVERY_DAYS = {"standard": 10, "expedited": 3}
"""Working days until a replacement card is there, at the latest."""
_EXPEDITED_FEES = {"Bronze Rewards Card": 1500, "EcoCard": 1500, "Silver Rewards Card": 1000}
"""In cents, by card; nothing for the others."""
_UNDER_WAY = ("ORDERED", "PROCESSING", "SHIPPED")
Row = dict[str, Any]


def submit_dispute(bank: Database, user: str, arguments: Mapping[str, Any], today: date) -> Row:
    """Dispute a posted transaction, once."""
    transaction = _own(bank, "transactions", "transaction_id", arguments["transaction_id"], user)
    if transaction["status"] != "posted":
        raise ToolFailed("Only a posted transaction can be disputed.")
    if bank.row("SELECT 1 FROM disputes WHERE transaction_id = ?", transaction["transaction_id"]):
        raise ToolFailed("This transaction is disputed already.")
    return _insert(
        bank,
        "disputes",
        dispute_id=_next(bank, "disputes", "dsp"),
        user_id=user,
        transaction_id=transaction["transaction_id"],
        reason=arguments["reason"],
        resolution=arguments["resolution"],
        contacted_merchant=int(arguments["contacted_merchant"]),
        noticed=today.isoformat(),
        status="SUBMITTED",
        submitted=today.isoformat(),
    )


def apply_for_credit_card(bank: Database, user: str, arguments: Mapping[str, Any], today: date) -> Row:
    """Apply for a card, unless an application for it is open or the customer holds it."""
    card = arguments["card_type"]
    if bank.row("SELECT 1 FROM applications WHERE user_id = ? AND card_type = ? AND status = 'PENDING'", user, card):
        raise ToolFailed("An application for this card is open already.")
    if bank.row("SELECT 1 FROM cards WHERE user_id = ? AND name = ? AND status IN ('ACTIVE', 'FROZEN')", user, card):
        raise ToolFailed("The customer holds this card already.")
    return _insert(
        bank,
        "applications",
        application_id=_next(bank, "applications", "app"),
        user_id=user,
        card_type=card,
        annual_income_cents=arguments["annual_income"] * 100,
        rho_bank_plus=int(arguments.get("rho_bank_plus", False)),
        status="PENDING",
        submitted=today.isoformat(),
    )


def change_email(bank: Database, user: str, arguments: Mapping[str, Any], today: date) -> Row:
    """Put another email address in the place of the one on file."""
    bank.change("UPDATE customers SET email = ? WHERE user_id = ?", arguments["new_email"], user)
    return {"email": arguments["new_email"], "changed": today.isoformat()}


def order_replacement_card(bank: Database, user: str, arguments: Mapping[str, Any], today: date) -> Row:
    """Order a new card for a credit card, which stops working at once."""
    card = _own(bank, "cards", "card_id", arguments["card_id"], user)
    if card["kind"] != "credit" or card["status"] not in ("ACTIVE", "FROZEN"):
        raise ToolFailed("Only a credit card that is active or frozen can be replaced.")
    if any(order["status"] in _UNDER_WAY for order in _orders(bank, card["card_id"])):
        raise ToolFailed("A replacement of this card is under way already.")
    speed = arguments.get("speed", "standard")
    bank.change("UPDATE cards SET status = 'CANCELLED' WHERE card_id = ?", card["card_id"])
    return _insert(
        bank,
        "orders",
        order_id=_next(bank, "orders", "ord"),
        user_id=user,
        card_id=card["card_id"],
        reason=arguments["reason"],
        speed=speed,
        fee_cents=_EXPEDITED_FEES.get(card["name"], 0) if speed == "expedited" else 0,
        status="ORDERED",
        ordered=today.isoformat(),
        expected=working_days_after(today, _DELIVERY_DAYS[speed]).isoformat(),
    )


def freeze_card(bank: Database, user: str, arguments: Mapping[str, Any], today: date) -> Row:
    """Freeze an active card."""
    card = _own(bank, "cards", "card_id", arguments["card_id"], user)
    if card["status"] != "ACTIVE":
        raise ToolFailed("Only an active card can be frozen.")
    bank.change("UPDATE cards SET status = 'FROZEN' WHERE card_id = ?", card["card_id"])
    return {"card_id": card["card_id"], "status": "FROZEN", "frozen": today.isoformat()}


def close_account(bank: Database, user: str, arguments: Mapping[str, Any], today: date) -> Row:
    """Close an open account for good, by the terms of its tier."""
    account = _own(bank, "accounts", "account_id", arguments["account_id"], user)
    if account["status"] != "OPEN":
        raise ToolFailed("The account is not open.")
    pending = "SELECT 1 FROM transactions WHERE account_id = ? AND status = 'pending'"
    if bank.row(pending, account["account_id"]):
        raise ToolFailed("The account has pending transactions.")
    terms = closing_terms(account, today)
    close = "UPDATE accounts SET status = 'CLOSED', balance_cents = 0 WHERE account_id = ?"
    bank.change(close, account["account_id"])
    return told(
        {
            "account_id": account["account_id"],
            "status": "CLOSED",
            "fee_cents": terms.fee_cents,
            "paid_out_cents": terms.paid_out_cents,
            "closes_on": terms.closes_on.isoformat(),
        }
    )


def transfer_to_human(bank: Database, user: str, arguments: Mapping[str, Any], today: date) -> Row:
    """Hand over to a person."""
    summary = arguments["summary"]
    number = _next(bank, "handovers", "hnd")
    return _insert(bank, "handovers", handover_id=number, user_id=user, summary=summary, day=today.isoformat())


def _own(bank: Database, table: str, column: str, value: str, user: str) -> Row:
    """Return the customer's row. The same words for one that is not there and one that is somebody else's."""
    # Table and column are this module's own words.
    row = bank.row(f"SELECT * FROM {table} WHERE {column} = ? AND user_id = ?", value, user)  # noqa: S608
    if row is None:
        raise ToolRefused(f"The customer has nothing with this {column}.")
    return row


def _orders(bank: Database, card: str) -> list[Row]:
    return bank.rows("SELECT status FROM orders WHERE card_id = ?", card)


def _insert(bank: Database, table: str, **row: Any) -> Row:
    columns, places = ", ".join(row), ", ".join("?" * len(row))
    bank.change(f"INSERT INTO {table} ({columns}) VALUES ({places})", *row.values())  # noqa: S608
    return told(row)


def _next(bank: Database, table: str, prefix: str) -> str:
    """Return a new id, away from the numbers of the sample: nothing is ever removed from a table."""
    count = bank.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"]  # noqa: S608
    return f"{prefix}-{9001 + count}"
