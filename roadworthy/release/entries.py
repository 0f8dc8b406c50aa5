"""What a ledger is made of: entries, each with one fact, and their bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[int, Field(ge=1)]
_BEFORE = b'{"entry":'


class Stage(StrEnum):
    """How far a release has come."""

    CANDIDATE = "candidate"
    STAGING = "staging"
    CANARY = "canary"
    PRODUCTION = "production"
    RETIRED = "retired"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Actor(_Frozen):
    """Who did it, and whether a system that checks identities says so."""

    name: str
    authenticated: bool = False


class Released(_Frozen):
    """A release was sealed and stored; it starts as a candidate."""

    kind: Literal["released"] = "released"
    release: Number
    digest: Digest
    commit: str
    clean_work_tree: bool


class EvidenceRecorded(_Frozen):
    """Something was found out about a release; the latest evidence of a name counts."""

    kind: Literal["evidence_recorded"] = "evidence_recorded"
    release: Number
    name: str
    """What was looked at: gates, environment, work_tree, staging_test, rollback_plan, documentation."""
    verdict: Literal["pass", "fail", "inconclusive"]
    summary: str
    report: Digest | None = None
    """The digest of a report in the store."""
    facts: dict[str, str | bool | int | float | None] = Field(default_factory=dict)


class Approved(_Frozen):
    """A person let a release move to a stage, on evidence that the ledger holds."""

    kind: Literal["approved"] = "approved"
    release: Number
    stage: Stage
    gesture: str
    """What the person did, such as: tag approval=approved."""
    evidence: tuple[Number, ...] = ()
    """The sequence numbers of the entries on which the approval rests."""


class RequestRefused(_Frozen):
    """A person asked for a move that the rules don't allow."""

    kind: Literal["request_refused"] = "request_refused"
    release: Number
    stage: Stage
    gesture: str
    reason: str


class Moved(_Frozen):
    """A release came to a stage; one that stood there before has left it."""

    kind: Literal["moved"] = "moved"
    release: Number
    stage: Stage


class RolledBack(_Frozen):
    """The production release was withdrawn, and the one before it is live again."""

    kind: Literal["rolled_back"] = "rolled_back"
    release: Number
    """The release that was withdrawn."""
    to: Number
    """The release that is live now."""
    reason: str


class SwitchedOff(_Frozen):
    """Serving of a target was stopped at once."""

    kind: Literal["switched_off"] = "switched_off"
    target: str
    reason: str


class SwitchedOn(_Frozen):
    """Serving of a target that was switched off goes on."""

    kind: Literal["switched_on"] = "switched_on"
    target: str
    reason: str


Fact = Released | EvidenceRecorded | Approved | RequestRefused | Moved | RolledBack | SwitchedOff | SwitchedOn


def _to_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


class Entry(_Frozen):
    """One fact at its place in the chain of a capability's ledger."""

    capability: str
    sequence: Number
    """Counts from 1, without gaps. The order of entries is this number's, never the clock's."""
    previous: Digest | None
    """The digest of the entry before it, as stored; None in the first."""
    at: Annotated[AwareDatetime, AfterValidator(_to_utc)]
    """What the writer's clock said, in UTC."""
    by: Actor
    fact: Annotated[Fact, Field(discriminator="kind")]


def entry_bytes(entry: Entry) -> bytes:
    """Return what is stored: `{"entry": …, "seal": digest of the entry}` as canonical JSON (RFC 8785).

    The chain can't show that its last entry was edited, the seal can.
    """
    return _sealed(canonical_json(entry.model_dump(mode="json")))


def parse_entry(content: bytes, where: str) -> Entry:
    """Return the entry that was stored as `content`; `where` names it in errors.

    Raises `IntegrityError` when its seal is broken, or it is no entry that this version knows.
    """
    # Taken apart as bytes, not as JSON: exact, and twenty times as fast as encoding it again to compare.
    body = content[len(_BEFORE) : -len(_seal(b""))]
    if _sealed(body) != content:
        raise _broken("was cut short or changed after it was written", where)
    try:
        return Entry.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _broken(f"is none that this version can read ({place}: {first['msg']})", where) from error


def _sealed(body: bytes) -> bytes:
    return _BEFORE + body + _seal(body)


def _seal(body: bytes) -> bytes:
    return b',"seal":"' + digest_bytes(body).encode() + b'"}'


def _broken(problem: str, where: str) -> IntegrityError:
    return IntegrityError(
        f"An entry of the ledger {problem}.",
        where=where,
        remedy="Restore this entry from a copy of the store, and find out who can write to it.",
    )
