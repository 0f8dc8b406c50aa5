"""Proves that there is a way back: the release that is live now can be fetched, verified and loaded again (114)."""

from __future__ import annotations

from roadworthy.readiness.interface import UNFIT, Finding, Proof, Subject
from roadworthy.readiness.staging_rehearsal import rehearse


def prove_rollback(subject: Subject) -> Finding:
    """Rehearse the rollback, without rolling back."""
    target = subject.rollback_target
    if target is None:
        return Finding("pass", "it is the first release: nothing is live that a rollback could bring back")
    try:
        found = rehearse(subject.store, target.digest, subject.public_key)
    except UNFIT as error:
        found = Finding("fail", error.problem)
    return Finding(found.verdict, f"release {target.number}, the way back: {found.summary}")


ROLLBACK_PLAN = Proof("rollback_plan", "the way back was tried", prove_rollback)
