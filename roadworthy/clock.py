"""The clock that is used where nobody hands in another."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return what the clock says, in UTC."""
    return datetime.now(UTC)
