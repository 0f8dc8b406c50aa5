"""How the bank writes what it tells: amounts, days, and working days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

_CENTS = "_cents"
_FLAGS = ("rho_bank_plus", "contacted_merchant")
_HIDDEN = ("user_id",)
_SATURDAY = 5


def dollars(cents: int) -> str:
    """Return 124055 as "1240.55", exactly."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as a tool tells it: amounts in dollars, flags as true or false, nothing that is empty."""
    return {name.removesuffix(_CENTS): _value(name, value) for name, value in row.items() if _is_told(name, value)}


def working_days_after(day: date, number: int) -> date:
    """Return the day that is `number` working days (Monday to Friday) after `day`."""
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < _SATURDAY
    return day


def _is_told(name: str, value: Any) -> bool:
    return value is not None and name not in _HIDDEN


def _value(name: str, value: Any) -> Any:
    if name.endswith(_CENTS):
        return dollars(value)
    return bool(value) if name in _FLAGS else value
