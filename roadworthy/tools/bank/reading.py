"""The bank's tools that look: each sees what belongs to one customer, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roadworthy.tools.bank.database import Database
from roadworthy.tools.bank.money import told
from roadworthy.tools.failure import ToolRefused

_USUAL_LIMIT = 20
Rows = list[dict[str, Any]]


def get_accounts(bank: Database, user: str, arguments: Mapping[str, Any]) -> Rows:
    """Return the customer's accounts."""
    return _told(bank, "SELECT * FROM accounts WHERE user_id = ? ORDER BY account_id", user)


def get_transactions(bank: Database, user: str, arguments: Mapping[str, Any]) -> Rows:
    """Return the transactions of an account or a credit card, the newest first. Raises `ToolRefused`."""
    account = arguments["account_id"]
    owned = bank.row(
        "SELECT 1 FROM accounts WHERE account_id = ? AND user_id = ? "
        "UNION ALL SELECT 1 FROM cards WHERE card_id = ? AND user_id = ? AND kind = 'credit'",
        *(account, user, account, user),
    )
    if owned is None:
        # The same words for one that is not there and one that is somebody else's.
        raise ToolRefused("The customer has no such account or credit card.")
    return _told(
        bank,
        "SELECT * FROM transactions WHERE account_id = ? AND user_id = ? AND day >= ? "
        "ORDER BY day DESC, transaction_id DESC LIMIT ?",
        *(account, user, arguments.get("since", ""), arguments.get("limit", _USUAL_LIMIT)),
    )


def get_credit_cards(bank: Database, user: str, arguments: Mapping[str, Any]) -> Rows:
    """Return the customer's credit cards."""
    return _told(bank, "SELECT * FROM cards WHERE user_id = ? AND kind = 'credit' ORDER BY card_id", user)


def get_debit_cards(bank: Database, user: str, arguments: Mapping[str, Any]) -> Rows:
    """Return the customer's debit cards."""
    return _told(bank, "SELECT * FROM cards WHERE user_id = ? AND kind = 'debit' ORDER BY card_id", user)


def get_referrals(bank: Database, user: str, arguments: Mapping[str, Any]) -> Rows:
    """Return the referrals that the customer made."""
    return _told(bank, "SELECT * FROM referrals WHERE user_id = ? ORDER BY referral_id", user)


def get_application_status(bank: Database, user: str, arguments: Mapping[str, Any]) -> Rows:
    """Return the customer's applications for credit cards, the newest first."""
    return _told(bank, "SELECT * FROM applications WHERE user_id = ? ORDER BY submitted DESC, application_id", user)


def get_disputes(bank: Database, user: str, arguments: Mapping[str, Any]) -> Rows:
    """Return the customer's disputes, the newest first."""
    return _told(bank, "SELECT * FROM disputes WHERE user_id = ? ORDER BY submitted DESC, dispute_id", user)


def _told(bank: Database, query: str, *values: Any) -> Rows:
    return [told(row) for row in bank.rows(query, *values)]
