"""A person's answer to a request is recorded before it counts, and an answer that came too late is marked."""

from __future__ import annotations

import pytest
from fakes.memory_store import MemoryStore
from fakes.scripted_tools import Clock

from roadworthy.audit.facts import ApprovalAnswered, Fact
from roadworthy.audit.log import AuditLog
from roadworthy.errors import RuleBroken, Unavailable, UsageError
from roadworthy.handover.approving import Approving
from roadworthy.store import AlreadyStored
from roadworthy.tools.approvals import Approvals, ApprovalState
from roadworthy.tools.interface import Caller
from roadworthy.tools.keyed_digest import KeyedDigest

KEY = KeyedDigest(bytes(32))
CALL = ("post", "a" * 64, Caller("helper", "ann", "c1"))


@pytest.fixture
def approving() -> Approving:
    """Approvals and an audit log in one store."""
    store, clock = MemoryStore(), Clock()
    return Approving(Approvals(store, KEY, clock), AuditLog(store, clock).record, KEY)


def answers(approving: Approving) -> list[str]:
    """Return what the audit log holds of answers."""
    facts = [entry.fact for entry in AuditLog(approving.approvals.store).entries()]
    return [fact.answer for fact in facts if isinstance(fact, ApprovalAnswered)]


def test_yes_and_no_are_recorded(approving: Approving) -> None:
    """Both count, and both are in the log with capability, tool and a digest of the person."""
    approving.approve(approving.approvals.request(*CALL).id, "clerk")
    other = ("burn", *CALL[1:])
    approving.refuse(approving.approvals.request(*other).id, "clerk", "mail ann@example.com")
    assert approving.approvals.state(*CALL) is ApprovalState.APPROVED
    assert approving.approvals.state(*other) is ApprovalState.REFUSED
    first, second = (entry.fact for entry in AuditLog(approving.approvals.store).entries())
    assert isinstance(first, ApprovalAnswered)
    assert (first.answer, first.capability, first.tool) == ("approved", "helper", "post")
    assert isinstance(second, ApprovalAnswered)
    assert first.by == second.by != "clerk"


def test_what_may_not_be_answered_is_not_recorded(approving: Approving) -> None:
    """One's own call, and a reason without end, leave nothing."""
    request = approving.approvals.request(*CALL)
    with pytest.raises(RuleBroken):
        approving.approve(request.id, "ann")
    with pytest.raises(UsageError):
        approving.refuse(request.id, "clerk", "x" * 501)
    assert answers(approving) == []


def test_an_answer_that_comes_too_late_is_marked_so(approving: Approving) -> None:
    """The log shows which of two answers counted."""
    request = approving.approvals.request(*CALL)
    approving.refuse(request.id, "clerk", "no")
    with pytest.raises(AlreadyStored):
        approving.approve(request.id, "another")
    assert answers(approving) == ["refused", "approved", "overtaken"]
    assert approving.approvals.state(*CALL) is ApprovalState.REFUSED


def test_without_a_record_there_is_no_answer(approving: Approving) -> None:
    """When the log can't be written, nothing is approved."""

    def down(fact: Fact) -> None:
        raise Unavailable("down")

    silent = Approving(approving.approvals, down, KEY)
    request = approving.approvals.request(*CALL)
    with pytest.raises(Unavailable):
        silent.approve(request.id, "clerk")
    assert approving.approvals.state(*CALL) is ApprovalState.OPEN
