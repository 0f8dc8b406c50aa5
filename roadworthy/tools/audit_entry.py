"""What the audit log keeps of a call, and its bytes: digests and verdicts, no contents."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
UNDECLARED = "(undeclared)"
"""Stands for the name of a tool that a model made up: such a name may hold anything."""
_BEFORE = b'{"entry":'


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class AuditedCall(_Frozen):
    """What is recorded of a call: once when it starts to run, once when it has ended or was refused."""

    call: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    """The call's own random id, by which start and end belong together."""
    capability: str
    tool: str
    caller: Digest
    """Of the customer, keyed: who knows all user ids still can't tell whose it is without the key."""
    arguments: Digest | Literal[""]
    """Keyed too, since arguments name the customer; empty when they were no JSON values."""
    verdict: Literal["started", "done", "refused", "needs_approval", "failed"]
    reason: str


class AuditEntry(_Frozen):
    """One call's start or end at its place in the chain."""

    sequence: Annotated[int, Field(ge=1)]
    """Counts from 1, without gaps. The order of entries is this number's, never the clock's."""
    previous: Digest | None
    """The digest of the entry before it, as stored; None in the first."""
    at: Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
    fact: AuditedCall


def entry_bytes(entry: AuditEntry) -> bytes:
    """Return what is stored: `{"entry": …, "seal": digest of the entry}` as canonical JSON (RFC 8785)."""
    return _sealed(canonical_json(entry.model_dump(mode="json")))


def parse_entry(content: bytes, where: str) -> AuditEntry:
    """Return the entry that was stored as `content`. Raises `IntegrityError` that names `where`."""
    body = content[len(_BEFORE) : -len(_seal(b""))]
    if _sealed(body) != content:
        raise broken("was cut short or changed after it was written", where)
    try:
        return AuditEntry.model_validate_json(body)
    except ValidationError:
        raise broken("is none that this version can read", where) from None


def broken(problem: str, where: str) -> IntegrityError:
    """Return the error for the entry at `where`."""
    return IntegrityError(
        f"An entry of the audit log {problem}.",
        where=where,
        remedy="Restore this entry from a copy of the store, and find out who can write to it.",
    )


def _sealed(body: bytes) -> bytes:
    return _BEFORE + body + _seal(body)


def _seal(body: bytes) -> bytes:
    return b',"seal":"' + digest_bytes(body).encode() + b'"}'
