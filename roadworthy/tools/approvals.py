"""Requests for approval and what people said to them: each bound to one exact call, for a while, and for one use."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from roadworthy.clock import utc_now
from roadworthy.errors import RuleBroken
from roadworthy.store import AlreadyStored, Store
from roadworthy.tools.approval_files import ApprovalFiles, Round
from roadworthy.tools.approval_records import Approval, ApprovalRequest, Refusal, Use
from roadworthy.tools.interface import Caller
from roadworthy.tools.keyed_digest import KeyedDigest


class ApprovalState(StrEnum):
    """How it stands with a call."""

    NONE = "none"
    """Nobody asked, or what was asked has been used or has expired."""
    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    """A person said no, and the request has not expired."""


@dataclass(frozen=True)
class Approvals:
    """Keeps requests, answers and uses in `store`; nothing is changed or removed, and of two uses one wins.

    A call's subject is the digest of tool, caller and arguments. When a round of it has ended (used or expired),
    the same call starts the next. All methods raise `Unavailable` when the store can't be reached, and
    `IntegrityError` when something in it is damaged.
    """

    store: Store
    digests: KeyedDigest
    clock: Callable[[], datetime] = utc_now
    request_lasts: timedelta = timedelta(days=1)
    approval_lasts: timedelta = timedelta(minutes=15)

    def request(self, tool: str, arguments_digest: str, caller: Caller) -> ApprovalRequest:
        """Return the open request for exactly this call; make it if there is none."""
        latest = self._latest(tool, arguments_digest, caller)
        if latest.number and not self._ended(latest):
            return self._files.request(latest)
        now = self.clock()
        wanted = ApprovalRequest(
            id=latest.next.id,
            capability=caller.capability,
            tool=tool,
            arguments_digest=arguments_digest,
            user_digest=self._user(caller.user),
            requested_at=now,
            expires_at=now + self.request_lasts,
        )
        try:
            self._files.create(latest.next, "request", wanted)
        except AlreadyStored:
            return self._files.request(latest.next)
        return wanted

    def approve(self, request_id: str, by: str) -> Approval:
        """Record that the person `by`, whom the application has authenticated, says yes to a request.

        Raises what `check_answer` raises, and `AlreadyStored` (a `Busy`) for one that is answered already.
        """
        self.check_answer(request_id, by)
        now = self.clock()
        approval = Approval(by=by, approved_at=now, expires_at=now + self.approval_lasts)
        self._files.create(self._files.parsed(request_id), "approval", approval)
        return approval

    def refuse(self, request_id: str, by: str, reason: str) -> Refusal:
        """Record that the person `by` says no: until the request expires, the same call is refused.

        Raises what `check_answer` raises, and `AlreadyStored` (a `Busy`) for one that is answered already.
        """
        self.check_answer(request_id, by)
        refusal = Refusal(refused_by=by, refused_at=self.clock(), reason=reason)
        self._files.create(self._files.parsed(request_id), "approval", refusal)
        return refusal

    def check_answer(self, request_id: str, by: str) -> ApprovalRequest:
        """Return the request, if the person `by` may answer it now.

        Raises `UnknownName` for a request that is not there, and `RuleBroken` for one that has expired and for a
        person who answers his own.
        """
        request = self.find(request_id)
        if not _same(by) or self._user(by) == request.user_digest:
            raise _broken("Nobody approves a call of his own.", request_id, "Ask somebody else to look at it.")
        if self.clock() >= request.expires_at:
            raise _broken("The request has expired.", request_id, "Ask for the call again.")
        return request

    def find(self, request_id: str) -> ApprovalRequest:
        """Return a request. Raises `UnknownName` when it is not there."""
        return self._files.request(self._files.parsed(request_id))

    def state(self, tool: str, arguments_digest: str, caller: Caller) -> ApprovalState:
        """Return how it stands with exactly this call."""
        return self._state(self._latest(tool, arguments_digest, caller))

    def usable(self, tool: str, arguments_digest: str, caller: Caller) -> bool:
        """Tell whether exactly this call is approved, and the approval neither used nor expired."""
        return self.state(tool, arguments_digest, caller) is ApprovalState.APPROVED

    def use(self, tool: str, arguments_digest: str, caller: Caller) -> str | None:
        """Use up the approval of exactly this call and return its id; None when there is none to use."""
        latest = self._latest(tool, arguments_digest, caller)
        if self._state(latest) is not ApprovalState.APPROVED:
            return None
        try:
            self._files.create(latest, "used", Use(used_at=self.clock()))
        except AlreadyStored:
            return None
        return latest.id

    def open_requests(self) -> tuple[ApprovalRequest, ...]:
        """Return what waits for a person, the oldest first."""
        now = self.clock()
        waiting = [one for one in self._files.unanswered() if now < one.expires_at]
        return tuple(sorted(waiting, key=lambda one: (one.requested_at, one.id)))

    @property
    def _files(self) -> ApprovalFiles:
        return ApprovalFiles(self.store)

    def _state(self, one: Round) -> ApprovalState:
        if not one.number or self._ended(one):
            return ApprovalState.NONE
        decision = self._files.decision(one)
        if decision is None:
            return ApprovalState.OPEN
        return ApprovalState.APPROVED if isinstance(decision, Approval) else ApprovalState.REFUSED

    def _ended(self, one: Round) -> bool:
        """Tell whether a round was used or has expired; a refused one lasts as long as its request."""
        if self._files.used(one):
            return True
        decision = self._files.decision(one)
        lasting = decision if isinstance(decision, Approval) else self._files.request(one)
        return self.clock() >= lasting.expires_at

    def _latest(self, tool: str, arguments_digest: str, caller: Caller) -> Round:
        who = [caller.capability, caller.user, caller.conversation]
        return self._files.latest(self.digests.of("approval", [tool, arguments_digest, who]))

    def _user(self, name: str) -> str:
        return self.digests.of("user", _same(name))


def _same(name: str) -> str:
    """Return a name so that its other spellings are no other person."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _broken(problem: str, request_id: str, remedy: str) -> RuleBroken:
    return RuleBroken(problem, where=f"the request {request_id[:12]}…", remedy=remedy)
