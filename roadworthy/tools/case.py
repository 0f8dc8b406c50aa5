"""One call on its way through the tool layer, and how many an exchange has made."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from roadworthy.audit.facts import UNDECLARED, AuditedCall
from roadworthy.tools.declaration import Tool
from roadworthy.tools.interface import Caller, CallOutcome, CallVerdict, ToolCall
from roadworthy.tools.keyed_digest import KeyedDigest
from roadworthy.tools.withheld import NOTHING, Withheld


@dataclass
class Exchange:
    """The exchange to which calls belong: its random id, what the customer said in it, and how many calls it made."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    withheld: Withheld = NOTHING
    _made: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def count(self) -> int:
        """Count one call more and return how many there are."""
        with self._lock:
            self._made += 1
            return self._made


@dataclass
class Case:
    """One call, and what is known of it so far."""

    call: ToolCall
    caller: Caller
    tool: Tool | None = None
    """None until it is known to be allowed."""
    arguments: dict[str, Any] = field(default_factory=dict, repr=False)
    """What is decided about, with what was put back; empty until the tool is known."""
    arguments_digest: str = ""
    withheld: Withheld = NOTHING
    approval_request: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    began: float = field(default_factory=time.perf_counter)

    def outcome(self, verdict: CallVerdict, reason: str, output: str = "") -> CallOutcome:
        """Return how the call ended."""
        return CallOutcome(
            call=self.call,
            verdict=verdict,
            reason=self.withheld.hidden(reason),
            output=self.withheld.hidden(output),
            arguments=self.arguments,
            arguments_digest=self.arguments_digest,
            approval_request=self.approval_request,
            seconds=time.perf_counter() - self.began,
        )

    def audited(self, verdict: Any, reason: str, digests: KeyedDigest) -> AuditedCall:
        """Return what the audit log keeps of it."""
        return AuditedCall(
            call=self.id,
            capability=self.caller.capability,
            tool=self.tool.name if self.tool else UNDECLARED,
            caller=digests.of("caller", self.caller.user),
            arguments=self.arguments_digest,
            verdict=verdict,
            reason=reason,
        )


@dataclass(frozen=True)
class ReadyCall:
    """A call that may run, and with exactly what."""

    tool: str
    arguments: dict[str, Any]
    caller: Caller
