"""The bank as a tool backend: each tool acts for the authenticated customer alone, each write once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from roadworthy.tools.bank import reading, writing
from roadworthy.tools.bank.database import Database, sample_day
from roadworthy.tools.failure import ToolFailed
from roadworthy.tools.interface import Caller

_READS: Mapping[str, Callable[[Database, str, Mapping[str, Any]], Any]] = {
    "get_accounts": reading.get_accounts,
    "get_transactions": reading.get_transactions,
    "get_credit_cards": reading.get_credit_cards,
    "get_debit_cards": reading.get_debit_cards,
    "get_referrals": reading.get_referrals,
    "get_application_status": reading.get_application_status,
    "get_disputes": reading.get_disputes,
}
_WRITES: Mapping[str, Callable[[Database, str, Mapping[str, Any], date], Any]] = {
    "submit_dispute": writing.submit_dispute,
    "apply_for_credit_card": writing.apply_for_credit_card,
    "change_email": writing.change_email,
    "order_replacement_card": writing.order_replacement_card,
    "freeze_card": writing.freeze_card,
    "close_account": writing.close_account,
    "transfer_to_human": writing.transfer_to_human,
}
TOOLS = frozenset(_READS) | frozenset(_WRITES)
"""The names of the tools that the bank knows."""


@dataclass(frozen=True)
class Bank:
    """A ToolBackend on the bank's database."""

    database: Database
    today: date = field(default_factory=sample_day)

    def call(self, tool: str, arguments: Mapping[str, Any], caller: Caller) -> Any:
        """Do it for `caller.user`, whatever the arguments say. Raises `ToolFailed` for what people may read.

        A write with an idempotency key that was done before gives what it gave then, and changes nothing.
        """
        self._check_customer(caller)
        if tool in _READS:
            return _READS[tool](self.database, caller.user, arguments)
        if tool in _WRITES:
            return self._write(tool, arguments, caller)
        raise ToolFailed("The bank has no such tool.")

    def _write(self, tool: str, arguments: Mapping[str, Any], caller: Caller) -> Any:
        with self.database.writing():
            before = self._before(caller.idempotency_key)
            if before is not None:
                return json.loads(before)
            result = _WRITES[tool](self.database, caller.user, arguments, self.today)
            if caller.idempotency_key:
                keep = "INSERT INTO finished (idempotency_key, result) VALUES (?, ?)"
                self.database.change(keep, caller.idempotency_key, json.dumps(result))
            return result

    def _before(self, key: str) -> str | None:
        row = self.database.row("SELECT result FROM finished WHERE idempotency_key = ?", key) if key else None
        return None if row is None else str(row["result"])

    def _check_customer(self, caller: Caller) -> None:
        known = self.database.row("SELECT 1 FROM customers WHERE user_id = ?", caller.user)
        if known is None:
            raise ToolFailed("The bank has no such customer.")
