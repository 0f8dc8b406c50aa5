"""A key: who calls, what for, how often, how much at once and for how much money; and its text, `rw_ID_SECRET`."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic import StringConstraints as Text

from roadworthy.access.budget_limit import BudgetLimit, parse_budget_limit
from roadworthy.access.rate_limit import parse_rate

SECRET_BYTES = 32
"""256 random bits. Nobody guesses them, so that a quick hash keeps them as safe as a slow one would."""
FEEDBACK = "feedback"
ADMIN = "admin"
ANY_CAPABILITY = "capability:*"
LOCAL_TENANT = "local"
"""The tenant of whoever calls without a key, on loopback."""
KEY_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)
_KEY = re.compile(r"rw_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)


def _checked_rate(text: str) -> str:
    parse_rate(text)
    return text


def _to_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _read_budget(given: Any) -> Any:
    return parse_budget_limit(given) if isinstance(given, str) else given


def _write_budget(limit: BudgetLimit | None) -> str | None:
    return f"{limit.amount:f}{limit.currency}/{limit.period}" if limit else None


Name = Annotated[str, Text(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._@+=-]{0,63}$")]
Scope = Annotated[str, Text(pattern=r"^(feedback|admin|capability:(\*|[A-Za-z0-9][A-Za-z0-9._-]{0,99}))$")]
Rate = Annotated[str, AfterValidator(_checked_rate)]
Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
Budget = Annotated[BudgetLimit | None, BeforeValidator(_read_budget), PlainSerializer(_write_budget)]


class KeyTerms(BaseModel):
    """What a key allows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    tenant: Name
    """Who pays: limits of concurrency and queue, budgets and telemetry go by it."""
    name: Annotated[str, Text(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    """What people call the key."""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)] = (ANY_CAPABILITY, FEEDBACK)
    rate: Rate | None = "60/min"
    """Requests in a moving window, for the key as a whole; None: as many as there is room for."""
    user_rate: Rate | None = None
    """The same for each user whom the application names."""
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = 8
    """Requests at work at the same time, in each process."""
    budget: Budget = None
    expires_at: Moment | None = None
    """From this moment on the key is refused."""

    def allows(self, scope: str) -> bool:
        """Tell whether the key may be used for `scope`, such as `capability:flight-delay`, `feedback` or `admin`."""
        return scope in self.scopes or (scope.startswith("capability:") and ANY_CAPABILITY in self.scopes)


class Key(KeyTerms):
    """A key that was created. Nothing in it is secret."""

    id: Annotated[str, Text(pattern=rf"^({KEY_ID.pattern}|{LOCAL_TENANT})$")]
    created_at: Moment
    created_by: str


class KeyStatus(StrEnum):
    """Whether a key can be used."""

    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True)
class IssuedKey:
    """A key with its text, which exists here and with whoever it is given to, and can't be shown again."""

    key: Key
    text: str = field(repr=False)


@dataclass(frozen=True)
class PresentedKey:
    """What a caller shows."""

    id: str
    secret_digest: bytes = field(repr=False)


def local_key(now: datetime) -> Key:
    """Return what a caller without a key may do, where that is allowed at all: anything but administration."""
    return Key(tenant=LOCAL_TENANT, id=LOCAL_TENANT, rate=None, concurrency=64, created_at=now, created_by=LOCAL_TENANT)


def new_id() -> str:
    """Return a new key's id: 64 random bits, public."""
    return secrets.token_hex(8)


def new_secret() -> str:
    """Return a new key's secret from the operating system's source of randomness."""
    return secrets.token_urlsafe(SECRET_BYTES)


def key_text(key_id: str, secret: str) -> str:
    """Return what a caller shows."""
    return f"rw_{key_id}_{secret}"


def parse_key(text: str) -> PresentedKey | None:
    """Take a key's text apart; None when it has not the form of a key, so that no short secret is ever looked up."""
    found = _KEY.fullmatch(text)
    return PresentedKey(found[1], digest_secret(found[2])) if found else None


def digest_secret(secret: str) -> bytes:
    """Return the SHA-256 of a secret, which is all that is kept of it."""
    return sha256(secret.encode()).digest()
