"""Answers to requests for approval: each is in the audit log before it takes effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from roadworthy.audit.facts import ApprovalAnswered, Fact
from roadworthy.errors import UsageError
from roadworthy.handover.words import kept
from roadworthy.store import AlreadyStored
from roadworthy.tools.approval_records import Approval, ApprovalRequest, Refusal
from roadworthy.tools.approvals import Approvals
from roadworthy.tools.keyed_digest import KeyedDigest

LONGEST_REASON = 500


@dataclass(frozen=True)
class Approving:
    """Says yes or no to requests for people whom the application has authenticated.

    `record` writes to the audit log; when it raises, nothing was answered. `digests` makes people unrecognisable there.
    """

    approvals: Approvals
    record: Callable[[Fact], object]
    digests: KeyedDigest

    def approve(self, request_id: str, by: str) -> Approval:
        """Say yes. Raises as `Approvals.approve` does, and what `record` raises."""
        request = self._recorded(request_id, "approved", by)
        try:
            return self.approvals.approve(request_id, by)
        except AlreadyStored:
            self._record(request, "overtaken", by)
            raise

    def refuse(self, request_id: str, by: str, reason: str) -> Refusal:
        """Say no. Raises as `Approvals.refuse` does, what `record` raises, and `UsageError` for a reason too long."""
        if len(reason) > LONGEST_REASON:
            raise UsageError(f"the reason is longer than {LONGEST_REASON} characters", where="reason")
        request = self._recorded(request_id, "refused", by)
        try:
            return self.approvals.refuse(request_id, by, kept(reason))
        except AlreadyStored:
            self._record(request, "overtaken", by)
            raise

    def _recorded(self, request_id: str, answer: Literal["approved", "refused"], by: str) -> ApprovalRequest:
        request = self.approvals.check_answer(request_id, by)
        self._record(request, answer, by)
        return request

    def _record(self, request: ApprovalRequest, answer: Literal["approved", "refused", "overtaken"], by: str) -> None:
        by_digest = self.digests.of("person", by)
        self.record(
            ApprovalAnswered(
                capability=request.capability, request=request.id, tool=request.tool, answer=answer, by=by_digest
            )
        )
