"""The rules that every tool call has to pass, the cheap ones first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from roadworthy.tools.approvals import Approvals, ApprovalState
from roadworthy.tools.arguments import Refused, bound_arguments, check_arguments, plain_arguments, restored_arguments
from roadworthy.tools.case import Case, Exchange, ReadyCall
from roadworthy.tools.declaration import Tool, ToolSet
from roadworthy.tools.keyed_digest import KeyedDigest
from roadworthy.tools.rate_limit import RateLimiter


class NeedsApproval(Exception):
    """A person has to say yes first."""


@dataclass(frozen=True)
class Bounds:
    """How much a call, and all calls of an exchange, may take."""

    calls_per_exchange: int = 8
    """Refused calls count too: a model that asks again and again is stopped by this."""
    argument_bytes: int = 8192
    """In canonical JSON."""
    output_bytes: int = 32_768


def never() -> bool:
    """Say that the tools are on."""
    return False


@dataclass(frozen=True)
class Rules:
    """What decides about a call: the declaration, the caller, the limits and what people approved; no text does."""

    tools: ToolSet
    approvals: Approvals
    digests: KeyedDigest
    rates: RateLimiter = field(default_factory=RateLimiter)
    bounds: Bounds = Bounds()
    switched_off: Callable[[], bool] = never
    """Asked at every call: tools can be switched off while all else goes on."""

    def check(self, case: Case, exchange: Exchange) -> ReadyCall:
        """Return what may run, and note in `case` what becomes known of the call.

        Raises `Refused`, `NeedsApproval`, and what stores and storages raise when they can't be reached.
        """
        if self.switched_off():
            raise Refused("tools are switched off")
        if exchange.count() > self.bounds.calls_per_exchange:
            raise Refused(f"an exchange has at most {self.bounds.calls_per_exchange} calls")
        tool = case.tool = self._allowed(case)
        plain = plain_arguments(case.call.arguments, self.bounds.argument_bytes)
        bound = bound_arguments(tool, plain, case.caller.user)
        arguments = case.arguments = restored_arguments(tool, bound, exchange.withheld)
        case.arguments_digest = self.digests.of("arguments", arguments)
        check_arguments(tool, arguments)
        key = self._permission(tool, case, exchange)
        return ReadyCall(tool.name, arguments, replace(case.caller, idempotency_key=key))

    def _allowed(self, case: Case) -> Tool:
        allowed = self.tools.allowed(case.caller.capability)
        tool = next((tool for tool in allowed if tool.name == case.call.tool), None)
        if tool is None:
            raise Refused("this capability has no such tool")
        return tool

    def _permission(self, tool: Tool, case: Case, exchange: Exchange) -> str:
        """Pass the rate limit and the approval; return the key by which the backend knows a repetition."""
        if tool.needs_approval:
            return self._approval(tool, case)
        self._take(tool, case, "run")
        return self.digests.of("call", [exchange.id, tool.name, case.arguments_digest])

    def _approval(self, tool: Tool, case: Case) -> str:
        """Use up the approval of this very call and return its id; ask for one where there is none."""
        subject = (tool.name, case.arguments_digest, case.caller)
        state = self.approvals.state(*subject)
        if state is ApprovalState.REFUSED:
            raise Refused("a person has refused exactly these arguments")
        if state is ApprovalState.APPROVED:
            # First the limit: a call that it refuses must not cost the approval.
            self._take(tool, case, "run")
            used = self.approvals.use(*subject)
            if used is not None:
                return used
        self._take(tool, case, "ask")
        case.approval_request = self.approvals.request(*subject).id
        raise NeedsApproval

    def _take(self, tool: Tool, case: Case, purpose: str) -> None:
        if not self.rates.take(tool.rate_limit, purpose, tool.name, case.caller):
            raise Refused(f"the limit of {tool.rate_limit} is reached")
