"""The tool layer: the one door to the tools, which no text can open wider than was declared and approved."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import Any

from roadworthy.audit.log import AuditLog
from roadworthy.tools.arguments import Refused
from roadworthy.tools.case import Case, Exchange, ReadyCall
from roadworthy.tools.deadline import Deadline, TooLate, TooManyRunning
from roadworthy.tools.declaration import Tool
from roadworthy.tools.failure import ToolFailed, ToolRefused
from roadworthy.tools.interface import Caller, CallOutcome, CallVerdict, ToolBackend, ToolCall
from roadworthy.tools.rules import NeedsApproval, Rules
from roadworthy.tools.withheld import NOTHING, Withheld

_LONGEST_REASON = 300
_UNCHECKED = "the tool layer could not check the call, so it did not run"
_UNRECORDED = "the call could not be recorded, so it did not run"
_APPROVE = "a person has to approve exactly these arguments first"


@dataclass(frozen=True)
class ToolLayer:
    """Decides about every call by rules alone, runs what is allowed, and records all of it.

    What a model, a user or a document writes only ever arrives as a tool's name and as arguments, and both are held
    against the declaration, the caller whom the application has set, and what people approved.

    A layer counts the calls of one exchange: take `for_exchange()` for each, it shares everything but the count.
    """

    rules: Rules
    backend: ToolBackend
    audit: AuditLog
    deadline: Deadline = field(default_factory=Deadline)
    exchange: Exchange = field(default_factory=Exchange)

    def for_exchange(self, withheld: Withheld = NOTHING) -> ToolLayer:
        """Return a layer for one exchange: nothing counted yet, all else shared with this one.

        `withheld` is what the guards took out of the words of the customer for whom this exchange calls.
        """
        return replace(self, exchange=Exchange(withheld=withheld))

    def offered(self, capability: str) -> tuple[Tool, ...]:
        """Return the tools that a model of `capability` may be shown: none while they are switched off."""
        try:
            off = self.rules.switched_off()
        except Exception:
            # As in a call: a switch that can't be read counts as off.
            off = True
        return () if off else self.rules.tools.allowed(capability)

    async def call(self, call: ToolCall, caller: Caller) -> CallOutcome:
        """Decide about a call, run it if it may, record it, and say what became of it.

        Never raises for what a model, a tool, a store or a limit's storage does: it refuses or fails instead.
        A call whose start can't be recorded does not run.
        """
        case = Case(call, caller, withheld=self.exchange.withheld)
        ready = await asyncio.to_thread(self._decide, case)
        if isinstance(ready, CallOutcome):
            return ready
        try:
            outcome, recorded_reason = await self._run(case, ready)
        except asyncio.CancelledError:
            self._record(case, "failed", "nobody waited for it any more; whether it did its work is not known")
            raise
        await asyncio.to_thread(self._record, case, outcome.verdict.value, recorded_reason)
        return outcome

    def _decide(self, case: Case) -> ReadyCall | CallOutcome:
        """Return what may run, its start recorded; or the outcome of what may not, recorded."""
        try:
            ready = self.rules.check(case, self.exchange)
        except Refused as refused:
            outcome = case.outcome(CallVerdict.REFUSED, refused.reason)
        except NeedsApproval:
            outcome = case.outcome(CallVerdict.NEEDS_APPROVAL, _APPROVE)
        except Exception:
            # A store or a storage that is down, a switch that can't be read: when in doubt, no.
            outcome = case.outcome(CallVerdict.FAILED, _UNCHECKED)
        else:
            started = self._record(case, "started", "")
            return ready if started else case.outcome(CallVerdict.FAILED, _UNRECORDED)
        if self._record(case, outcome.verdict.value, outcome.reason):
            return outcome
        return replace(outcome, reason=f"{outcome.reason} (and that could not be recorded)")

    async def _run(self, case: Case, ready: ReadyCall) -> tuple[CallOutcome, str]:
        """Run it, and return how it ended and what the audit log may say of that."""
        try:
            result = await self.deadline.run(lambda: self.backend.call(ready.tool, ready.arguments, ready.caller))
        except TooLate:
            reason = f"the tool took longer than {self.deadline.seconds:g} s; whether it did its work is not known"
        except TooManyRunning:
            reason = "too many tools are at work"
        except ToolRefused as refusal:
            return case.outcome(CallVerdict.REFUSED, refusal.problem[:_LONGEST_REASON]), "the tool said no"
        except ToolFailed as failure:
            # Meant for people; still the log takes no words that it does not know.
            return case.outcome(CallVerdict.FAILED, failure.problem[:_LONGEST_REASON]), "the tool said no"
        except Exception:
            # Its message may hold anything: contents, addresses, queries.
            reason = "the tool broke down"
        else:
            outcome = self._delivered(case, result)
            return outcome, outcome.reason
        return case.outcome(CallVerdict.FAILED, reason), reason

    def _delivered(self, case: Case, result: Any) -> CallOutcome:
        largest = self.rules.bounds.output_bytes
        try:
            output = json.dumps(result, ensure_ascii=False, allow_nan=False)
            size = len(output.encode())
        except (ValueError, TypeError, RecursionError):
            return case.outcome(CallVerdict.FAILED, "the tool gave something that is no JSON value")
        if size > largest:
            return case.outcome(CallVerdict.FAILED, f"the tool gave more than {largest} bytes")
        return case.outcome(CallVerdict.DONE, "", output)

    def _record(self, case: Case, verdict: Any, reason: str) -> bool:
        """Write to the audit log, and tell whether that went well.

        When the end of a call can't be recorded, its start is: an entry that has no end calls for a look.
        """
        try:
            self.audit.record(case.audited(verdict, reason, self.rules.digests))
        except Exception:
            return False
        return True
