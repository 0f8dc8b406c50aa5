"""What a tool is, what a call of it is, and what became of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Effect(StrEnum):
    """What a tool does to the world."""

    READ = "read"
    WRITE = "write"
    IRREVERSIBLE = "irreversible"


class CallVerdict(StrEnum):
    """What became of a call."""

    DONE = "done"
    REFUSED = "refused"
    """Not allowed: not on the list, wrong arguments, over the limit, not this customer's."""
    NEEDS_APPROVAL = "needs_approval"
    """A person has to approve exactly these arguments first."""
    FAILED = "failed"
    """The tool raised or took too long."""


@dataclass(frozen=True)
class ToolCall:
    """What the model asks for; untrusted."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Caller:
    """On whose behalf a call is made: set by the application, never by any text."""

    capability: str
    user: str
    """The authenticated customer; empty for nobody."""
    conversation: str = ""
    idempotency_key: str = ""
    """Set by the tool layer for the backend: the same for the same call within one exchange; empty means none."""


@dataclass(frozen=True)
class CallOutcome:
    """What a call gave."""

    call: ToolCall
    verdict: CallVerdict
    reason: str
    """For people and logs; holds no contents."""
    output: str = ""
    """JSON text, for the model as data; empty unless done."""
    arguments_digest: str = ""
    """What an approval is bound to: keyed, so that nobody can guess the arguments from it."""
    seconds: float = 0.0
    approval_request: str = ""
    """What a person has to approve, by its id; empty unless it needs approval."""
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What was decided about, with what the guards had withheld from the model; for the person who approves and for
    evaluation, never for traces, logs and prompts. Empty when the call was refused before."""


class ToolBackend(Protocol):
    """Where the tools of a capability do their work."""

    def call(self, tool: str, arguments: Mapping[str, Any], caller: Caller) -> Any:
        """Do it and return JSON values. Raises `ToolFailed` for what people may read; other errors stay inside."""
