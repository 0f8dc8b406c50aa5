"""On what terms an account closes: the early closure fee, the notice period and what is paid out, by its tier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from roadworthy.tools.failure import ToolFailed


@dataclass(frozen=True)
class _Tier:
    fee_cents: int
    early_days: int
    """The fee is due when the account was opened no more days ago than this."""
    notice_days: int


@dataclass(frozen=True)
class ClosingTerms:
    """What closing an account costs and gives."""

    fee_cents: int
    paid_out_cents: int
    closes_on: date


_CHECKING = (_Tier(1500, 30, 0), _Tier(2500, 60, 3), _Tier(5000, 90, 7), _Tier(10_000, 180, 14))
_SAVINGS = (_Tier(2000, 60, 1), _Tier(3500, 90, 5), _Tier(7500, 180, 10), _Tier(15_000, 270, 21))
_TIERS = {
    "checking": {
        "Blue Account": _CHECKING[1],
        "Green Account": _CHECKING[1],
        "Evergreen Account": _CHECKING[2],
        "Bluest Account": _CHECKING[3],
    },
    "savings": {
        "Silver Account": _SAVINGS[1],
        "Silver Plus Account": _SAVINGS[1],
        "Gold Account": _SAVINGS[2],
        "Platinum Account": _SAVINGS[3],
    },
}


def closing_terms(account: dict[str, Any], today: date) -> ClosingTerms:
    """Return the terms for an account's row. Raises `ToolFailed` when its balance does not allow closing it.

    Within the early days the balance must cover the fee, and what is left is paid out; later it must be zero.
    """
    entry = (_CHECKING if account["kind"] == "checking" else _SAVINGS)[0]
    tier = _TIERS[account["kind"]].get(account["name"], entry)
    early = (today - date.fromisoformat(account["opened"])).days <= tier.early_days
    balance = account["balance_cents"]
    if early and balance < tier.fee_cents:
        raise ToolFailed("The balance does not cover the early closure fee.")
    if not early and balance != 0:
        raise ToolFailed("The balance has to be zero before the account can be closed.")
    fee = tier.fee_cents if early else 0
    return ClosingTerms(fee, balance - fee, today + timedelta(days=tier.notice_days))
