"""Why a key is refused."""

from __future__ import annotations

from enum import StrEnum

from roadworthy.errors import UsageError

CREATE = "roadworthy keys create --tenant NAME"


class KeyProblem(StrEnum):
    """What is wrong with what the caller showed."""

    MISSING = "missing"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    """No such key, or the wrong secret: who guesses does not learn which."""
    REVOKED = "revoked"
    """Said only to who has the right secret."""
    EXPIRED = "expired"
    """Said only to who has the right secret."""


_SAID = {
    KeyProblem.MISSING: ("no key was shown", f"send `Authorization: Bearer KEY`; `{CREATE}` makes a key"),
    KeyProblem.MALFORMED: ("this has not the form of a key", "send `Authorization: Bearer rw_…`, as it was printed"),
    KeyProblem.UNKNOWN: ("there is no such key", f"check that it was copied whole, or make one: `{CREATE}`"),
    KeyProblem.REVOKED: ("this key was revoked", "ask the operator for another key"),
    KeyProblem.EXPIRED: ("this key has expired", "ask the operator for another key"),
}


class KeyRefused(UsageError):
    """The caller has no valid key; `reason` says why. Holds nothing of what was shown."""

    def __init__(self, reason: KeyProblem) -> None:
        problem, remedy = _SAID[reason]
        super().__init__(problem, where="Authorization", remedy=remedy)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the reason when the error crosses a process's border."""
        return (KeyRefused, (self.reason,))
