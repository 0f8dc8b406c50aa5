"""Why a language model gave no usable answer, in kinds that callers may act on."""

from __future__ import annotations

from enum import StrEnum

from roadworthy.errors import ProviderFailed


class FailureKind(StrEnum):
    """What went wrong; `RETRIED` says which kinds may be gone at the next attempt."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    """Not made, or broken off, also in the middle of an answer."""
    RATE_LIMITED = "rate limited"
    SERVER_ERROR = "server error"
    GARBAGE = "garbage"
    """An answer that is none: not the protocol, or not what the schema asks for."""
    TRUNCATED = "truncated"
    """A JSON answer that was cut at max_tokens."""
    TOO_LONG = "too long"
    """Of the prompt for the context, or of the answer for the limit."""
    REFUSED = "refused"
    """The endpoint does not want this request."""
    WRONG_KEY = "wrong key"
    NO_CREDIT = "no credit"
    UNKNOWN_MODEL = "unknown model"
    BROKEN_MODEL = "broken model"
    """The weights can't be loaded, or are not the pinned ones."""
    CIRCUIT_OPEN = "circuit open"
    """Not asked: too many calls in a row had failed."""


RETRIED = frozenset({FailureKind.CONNECTION, FailureKind.RATE_LIMITED, FailureKind.SERVER_ERROR, FailureKind.GARBAGE})
UNHEALTHY = frozenset({FailureKind.TIMEOUT, FailureKind.CONNECTION, FailureKind.SERVER_ERROR, FailureKind.GARBAGE})
"""The kinds that say that the endpoint itself is ill; a circuit breaker counts them."""


class CallFailed(ProviderFailed):
    """A `ProviderFailed` with its kind; `where` is the endpoint or the weights, never a secret."""

    def __init__(
        self,
        problem: str,
        *,
        kind: FailureKind,
        where: str | None = None,
        remedy: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(problem, where=where, remedy=remedy)
        self.kind = kind
        self.retry_after = retry_after
        """In how many seconds the endpoint wants to be asked again; None when it did not say."""

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the kind when the error crosses a process's border."""
        return (_revive, (self.problem, self.kind, self.where, self.remedy, self.retry_after))


def _revive(
    problem: str, kind: FailureKind, where: str | None, remedy: str | None, retry_after: float | None
) -> CallFailed:
    return CallFailed(problem, kind=kind, where=where, remedy=remedy, retry_after=retry_after)
