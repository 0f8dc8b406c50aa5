"""Which release answers a request: the one that its person's point in the split names, noted for the event."""

from __future__ import annotations

from gateway.following.follower import Follower
from gateway.following.served import Choice, Served
from gateway.problems import FieldProblem, Problem, invalid, not_found
from gateway.visit import Visit

_RETRY_SECONDS = 5.0


def served_of(follower: Follower, capability: str) -> Served:
    """Return what is served of a capability. Raises `Problem` when there is none of that name."""
    served = follower.served.get(capability)
    if served is None or not served.route.arms:
        raise not_found(f"no capability {capability!r} is in production; GET /v1/models lists those that are")
    return served


def choose(follower: Follower, visit: Visit, capability: str, kind: str) -> Choice:
    """Return the release for this request. Raises `Problem` when none is loaded, or it is of another kind."""
    choice = served_of(follower, capability).choose(person_of(visit))
    if choice is None:
        detail = f"no release of {capability} could be loaded yet"
        raise Problem("not-ready", 503, detail, retry_after=_RETRY_SECONDS)
    if choice.loaded.kind != kind:
        raise _other_kind(capability, choice.loaded.kind)
    record = choice.loaded.wanted.record
    visit.capability, visit.release, visit.digest, visit.arm = capability, record.number, record.digest, choice.arm
    return choice


def known_capability(follower: Follower, name: str) -> str:
    """Return the name if a capability has it: what a client made up must not become a label."""
    return name if name in follower.served else ""


def person_of(visit: Visit) -> str:
    """Return who is behind the request, as far as it says: the same person meets the same release."""
    return f"{visit.tenant}\0{visit.user or visit.conversation or visit.id}"


def _other_kind(capability: str, kind: str) -> Problem:
    path = "/v1/chat/completions" if kind == "assistant" else f"/v1/capabilities/{capability}/predict"
    return invalid(f"{capability} is a {kind}: use POST {path}", FieldProblem("/model", f"is a {kind}"))
