"""What the audit log keeps: kinds of fact, all digests, names and numbers, no contents."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from roadworthy.chain.link import Digest, Kept, Link, Moment, Number

UNDECLARED = "(undeclared)"
"""Stands for the name of a tool that a model made up: such a name may hold anything."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,127}$")]
"""Something that was declared, so that it holds no contents: a capability, a guard, a tool, a key's id."""

Pseudonym = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,128}$")]
"""A tenant, unrecognisable without the key; empty for none."""

RequestId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,128}$")]


class AuditedCall(Kept):
    """What is recorded of a call: once when it starts to run, once when it has ended or was refused."""

    kind: Literal["call"] = "call"
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


class ApprovalAnswered(Kept):
    """A person answered a request for approval of a tool call; recorded before the answer takes effect."""

    kind: Literal["approval"] = "approval"
    capability: Name | Literal[""]
    request: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}-[0-9]{1,6}$")]
    tool: Name
    answer: Literal["approved", "refused", "overtaken"]
    """Overtaken: the answer recorded before did not count, somebody else's came first."""
    by: Digest


class Administered(Kept):
    """Somebody changed who may do what."""

    kind: Literal["administration"] = "administration"
    act: Literal["key created", "key revoked"]
    key: Name
    """The key's id, never the key."""
    tenant: Pseudonym = ""
    by: Digest


class Switched(Kept):
    """A part was switched off or on; the ledger's entry is what takes effect."""

    kind: Literal["switch"] = "switch"
    capability: Name
    target: Name
    off: bool
    entry: Number
    """The number of the ledger's entry that did it."""
    by: Digest


class GuardBlock(Kept):
    """One text that a guard held back."""

    at: Moment
    capability: Name
    guard: Name
    place: Name
    request: RequestId
    """The request's id."""


class GuardBlocks(Kept):
    """Texts that guards held back, some at a time: they come with traffic, and an entry each would be dear."""

    kind: Literal["guard_blocks"] = "guard_blocks"
    blocks: Annotated[tuple[GuardBlock, ...], Field(min_length=1, max_length=1000)]


class Escalated(Kept):
    """A conversation was handed to a person, or a person did something about it."""

    kind: Literal["escalation"] = "escalation"
    capability: Name
    request: RequestId
    """The request that the case is about."""
    step: Literal["opened", "taken", "answered", "closed"]
    by: Digest
    """Of the user who was handed over, or of the person at work."""


RefusedLogin = Literal["missing", "malformed", "unknown", "expired", "revoked", "forbidden"]
"""Why a key was not accepted; forbidden: it is valid, and not for this."""


class LoginsRefused(Kept):
    """How often a key was refused for one reason during a while: a number, so that guessing can't fill the log."""

    kind: Literal["logins_refused"] = "logins_refused"
    reason: RefusedLogin
    count: Number
    since: Moment


class Gap(Kept):
    """Facts that came faster than they could be recorded; how many are lost."""

    kind: Literal["gap"] = "gap"
    lost: Number
    since: Moment


Fact = AuditedCall | ApprovalAnswered | Administered | Switched | GuardBlocks | Escalated | LoginsRefused | Gap

KINDS = ("call", "approval", "administration", "switch", "guard_blocks", "escalation", "logins_refused", "gap")


def _kind(fact: Any) -> str:
    # The first entries ever written were tool calls, and did not say so.
    kind = fact.get("kind", "call") if isinstance(fact, dict) else getattr(fact, "kind", "call")
    return kind if isinstance(kind, str) else ""


class AuditEntry(Link):
    """One fact at its place in the chain."""

    fact: Annotated[
        Annotated[AuditedCall, Tag("call")]
        | Annotated[ApprovalAnswered, Tag("approval")]
        | Annotated[Administered, Tag("administration")]
        | Annotated[Switched, Tag("switch")]
        | Annotated[GuardBlocks, Tag("guard_blocks")]
        | Annotated[Escalated, Tag("escalation")]
        | Annotated[LoginsRefused, Tag("logins_refused")]
        | Annotated[Gap, Tag("gap")],
        Discriminator(_kind),
    ]


def capabilities_of(fact: Fact) -> frozenset[str]:
    """Return the capabilities that a fact is about; none when it is about all."""
    if isinstance(fact, GuardBlocks):
        return frozenset(block.capability for block in fact.blocks)
    if isinstance(fact, Administered | LoginsRefused | Gap):
        return frozenset()
    return frozenset({fact.capability})
