"""How releases move: wishes are read, ruled on, proved, recorded, and shown in MLflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from roadworthy.errors import Busy
from roadworthy.params.capability import ApprovalParams
from roadworthy.readiness.interface import UNFIT, Subject
from roadworthy.readiness.proofs import PROOFS
from roadworthy.release.approval import GATES, Wish, evidence_for, path_to, rule_on
from roadworthy.release.entries import Actor, Approved, Entry, EvidenceRecorded, Fact, RequestRefused, Stage
from roadworthy.release.ledger import Decide, Ledger
from roadworthy.release.signing import public_key_path
from roadworthy.release.stages import decide_move
from roadworthy.release.standing import Standing, standing_of
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from tasks.actor import local_actor
from tasks.compare import has_fresh_evidence, judge_release
from tasks.registry.connect import Registry
from tasks.registry.given_out import registry_proof
from tasks.registry.mirror import mirror_standing
from tasks.registry.requests import accept_in_registry, read_requests, refuse_in_registry

UNKNOWN = Actor(name="somebody in MLflow", authenticated=False)
"""MLflow records nobody who sets a tag, an alias or a stage, even with authentication."""


@dataclass(frozen=True)
class Outcome:
    """What became of one wish."""

    release: int
    wanted: Stage
    gesture: str
    reasons: tuple[str, ...]
    """Why it was refused; empty when it was granted."""


@dataclass(frozen=True)
class Promotion:
    """What a promotion works on."""

    settings: Settings
    ledger: Ledger
    registry: Registry
    rule: ApprovalParams

    @property
    def standing(self) -> Standing:
        """Where the releases stand now."""
        return standing_of(self.ledger.capability, self.ledger.entries())


def read_wishes(promotion: Promotion) -> tuple[Wish, ...]:
    """Return what people asked for in MLflow."""
    requests = read_requests(promotion.registry, promotion.ledger.capability)
    return tuple(
        Wish(request.release, request.stage, request.gesture, UNKNOWN, request.unclear) for request in requests
    )


def fulfil(promotion: Promotion, wish: Wish, announce: Announce) -> Outcome:
    """Grant or refuse one wish. Killed at any point and done again, it ends in the same state."""
    reasons = _refresh_and_rule(promotion, wish, announce)
    if reasons:
        return _refuse(promotion, wish, reasons)
    if not _is_there(promotion.standing, wish):
        _approve(promotion, wish)
        reasons = _move_to_staging_and_prove(promotion, wish, announce)
        if reasons:
            return _refuse(promotion, wish, reasons)
        _move(promotion, wish)
    accept_in_registry(promotion.registry, promotion.ledger.capability, wish.release)
    return Outcome(wish.release, wish.stage, wish.gesture, reasons=())


def show(promotion: Promotion, outcomes: tuple[Outcome, ...]) -> None:
    """Make MLflow say what the ledger says; what people set there and was not granted goes back."""
    mirror_standing(promotion.registry, promotion.ledger, {outcome.release for outcome in outcomes})


def _refresh_and_rule(promotion: Promotion, wish: Wish, announce: Announce) -> tuple[str, ...]:
    """Judge again if production has changed since, and rule; a wish for the stage where it stands is granted."""
    standing = promotion.standing
    if wish.unclear is None and _is_there(standing, wish):
        return ()
    if wish.unclear is None and path_to(standing.release(wish.release), wish.stage):
        try:
            _refresh(promotion, wish.release, announce)
        except UNFIT as error:
            return (f"it can't be judged: {error.problem}; release again",)
    return rule_on(promotion.standing, wish, promotion.rule.require_identity).reasons


def _refresh(promotion: Promotion, release: int, announce: Announce) -> None:
    if not has_fresh_evidence(promotion.standing, release):
        announce(f"release {release} was not judged against what is in production now: comparing")
        judge_release(promotion.ledger, release)


def _is_there(standing: Standing, wish: Wish) -> bool:
    return standing.release(wish.release).stage is wish.stage


def _approve(promotion: Promotion, wish: Wish) -> None:
    """Record who approves, and on which evidence; nothing when this person did so on the same judgement."""

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        record = standing_of(promotion.ledger.capability, entries).release(wish.release)
        evidence = evidence_for(record)
        judged = record.evidence[GATES].sequence
        if any(judged in approval.evidence for approval in _approvals(entries, wish)):
            return None
        return Approved(release=wish.release, stage=wish.stage, gesture=wish.gesture, evidence=evidence)

    promotion.ledger.record(decide, by=wish.by)


def _approvals(entries: tuple[Entry, ...], wish: Wish) -> Iterator[Approved]:
    """Yield what `wish`'s author approved so far of what it asks for."""
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, Approved) and (fact.release, fact.stage, entry.by) == (wish.release, wish.stage, wish.by):
            yield fact


def _move_to_staging_and_prove(promotion: Promotion, wish: Wish, announce: Announce) -> tuple[str, ...]:
    """Take the release to staging, and try there what production needs; return what does not hold."""
    if promotion.standing.release(wish.release).stage is Stage.CANDIDATE:
        promotion.ledger.record(_move_decision(promotion, wish.release, Stage.STAGING), by=local_actor())
        announce(f"release {wish.release} is in staging")
    if wish.stage is Stage.STAGING:
        return ()
    return _prove(promotion, wish.release, announce)


def _prove(promotion: Promotion, release: int, announce: Announce) -> tuple[str, ...]:
    standing = promotion.standing
    key = public_key_path(promotion.settings.signing_key_path)
    subject = Subject(promotion.ledger.store, key, standing.release(release), standing.production)
    failed = []
    for proof in (*PROOFS, registry_proof(promotion.registry, promotion.ledger.capability)):
        finding = proof.prove(subject)
        announce(f"{proof.title}: {finding.verdict}, {finding.summary}")
        evidence = EvidenceRecorded(release=release, name=proof.name, verdict=finding.verdict, summary=finding.summary)
        promotion.ledger.record(_once(promotion, evidence), by=local_actor())
        if finding.verdict == "fail":
            failed.append(f"{proof.title}: {finding.summary}")
    return tuple(failed)


def _once(promotion: Promotion, evidence: EvidenceRecorded) -> Decide:
    """Record the evidence unless the latest of its name says the same."""

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        known = standing_of(promotion.ledger.capability, entries).release(evidence.release).evidence.get(evidence.name)
        same = known and (known.verdict, known.summary) == (evidence.verdict, evidence.summary)
        return None if same else evidence

    return decide


def _move(promotion: Promotion, wish: Wish) -> None:
    """Move the release on; the rule is asked once more, about what the ledger holds at that moment."""

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        standing = standing_of(promotion.ledger.capability, entries)
        if not _is_there(standing, wish):
            _check_still_allowed(promotion, standing, wish)
        return _move_decision(promotion, wish.release, wish.stage)(entries)

    promotion.ledger.record(decide, by=wish.by)


def _check_still_allowed(promotion: Promotion, standing: Standing, wish: Wish) -> None:
    allowed = rule_on(standing, wish, promotion.rule.require_identity).allowed
    if not (allowed and has_fresh_evidence(standing, wish.release)):
        raise Busy(
            f"Somebody moved another release while release {wish.release} was tried.",
            where=f"{standing.capability}@{wish.release}",
            remedy="run `roadworthy promote` again: it is judged against what is in production then",
        )


def _move_decision(promotion: Promotion, release: int, stage: Stage) -> Decide:
    return decide_move(promotion.ledger.capability, release, stage)


def _refuse(promotion: Promotion, wish: Wish, reasons: tuple[str, ...]) -> Outcome:
    """Refuse; recorded once, also when an earlier attempt was killed before it told MLflow."""
    reason = "; ".join(reasons)
    refused = RequestRefused(release=wish.release, stage=wish.stage, gesture=wish.gesture, reason=reason)

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        latest = [entry for entry in entries if getattr(entry.fact, "release", None) == wish.release][-1]
        return None if (latest.fact, latest.by) == (refused, wish.by) else refused

    promotion.ledger.record(decide, by=wish.by)
    refuse_in_registry(promotion.registry, promotion.ledger.capability, wish.release, reason)
    return Outcome(wish.release, wish.stage, wish.gesture, reasons)
