"""What is kept of a key: its terms with its secret's digest, and its revocation; and their bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from roadworthy.access.keys import Key, KeyStatus, Moment
from roadworthy.canonical import canonical_json
from roadworthy.errors import IntegrityError, UsageError

KEYS = "access/keys/"
CREATED = "created.json"
REVOKED = "revoked.json"

Record = TypeVar("Record", bound=BaseModel)


class CreatedKey(BaseModel):
    """The record of a key's creation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Key
    secret_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", repr=False)


class Revocation(BaseModel):
    """The record of a key's end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Moment
    by: str
    reason: str = Field(max_length=500)


@dataclass(frozen=True)
class KeyEntry:
    """A key as it stands."""

    key: Key
    secret_digest: bytes = field(repr=False)
    revocation: Revocation | None = None

    def status(self, now: datetime) -> KeyStatus:
        """Return whether the key can be used; a revocation counts before an expiry."""
        if self.revocation is not None:
            return KeyStatus.REVOKED
        expires = self.key.expires_at
        return KeyStatus.EXPIRED if expires is not None and expires <= now else KeyStatus.ACTIVE


def created_name(key_id: str) -> str:
    """Return under which name in the store the creation is kept."""
    return f"{KEYS}{key_id}/{CREATED}"


def revoked_name(key_id: str) -> str:
    """Return under which name in the store the revocation is kept."""
    return f"{KEYS}{key_id}/{REVOKED}"


def record_bytes(record: CreatedKey | Revocation) -> bytes:
    """Return what is kept."""
    return canonical_json(record.model_dump(mode="json"))


def parse_created(content: bytes, key_id: str, where: str) -> CreatedKey:
    """Read a creation. Raises `IntegrityError` when it is none, or another key's."""
    record = _parsed(CreatedKey, content, where)
    if record.key.id != key_id:
        raise _broken(f"is that of {record.key.id}", where)
    return record


def parse_revocation(content: bytes, where: str) -> Revocation:
    """Read a revocation. Raises `IntegrityError` when it is none."""
    return _parsed(Revocation, content, where)


def _parsed(kind: type[Record], content: bytes, where: str) -> Record:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _broken(f"can't be read ({place}: {first['msg']})", where) from None
    except UsageError as error:
        raise _broken(f"can't be read ({error.where}: {error.problem})", where) from None


def _broken(problem: str, where: str) -> IntegrityError:
    return IntegrityError(
        f"A key's record {problem}.",
        where=where,
        remedy="Restore the record from a copy of the store, or revoke the key and create another.",
    )
