"""Says in our words why an OpenAI-compatible endpoint gave no answer, without the key and without the prompt."""

from __future__ import annotations

import math
from typing import Any

from roadworthy.providers.failures import CallFailed, FailureKind

QUOTED = 200
"""How many characters of an endpoint's own message are passed on."""


class AnswerTooLong(Exception):
    """The endpoint sends more than anybody wants to read."""


class Refusal(Exception):
    """The endpoint answers with an error; `body` is its JSON value, or its text, and may hold anything."""

    def __init__(self, status: int, body: Any, retry_after: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.retry_after = retry_after
        """The header's value."""
        inner = body.get("error", body) if isinstance(body, dict) else body
        self._fields: dict[str, Any] = inner if isinstance(inner, dict) else {"message": inner}

    def field(self, name: str) -> str:
        """Return `message`, `code` or `type` as OpenAI's errors have them; empty when it is not there."""
        value = self._fields.get(name)
        return value if isinstance(value, str) else ""


def garbage(where: str) -> CallFailed:
    """Return the failure for an answer that is not the protocol's."""
    return CallFailed(
        "the answer is not what an OpenAI-compatible endpoint sends",
        kind=FailureKind.GARBAGE,
        where=where,
        remedy="check that base_url is the API's address, often with /v1 at its end, and that no proxy answers for it",
    )


def filtered(where: str) -> CallFailed:
    """Return the failure for an answer that the endpoint withheld."""
    problem = "the endpoint's own content filter withheld the answer"
    return _failed(FailureKind.REFUSED, problem, where, "change the prompt, or the endpoint")


def as_failure(error: Exception, where: str, model: str, key: str) -> CallFailed:
    """Return what `error`, of the endpoint or of the connection, means."""
    # Late imports: start-up time.
    from aiohttp import ClientError

    if isinstance(error, CallFailed):
        return error
    if isinstance(error, AnswerTooLong):
        return _failed(FailureKind.TOO_LONG, "the answer does not end", where, "check the endpoint")
    if isinstance(error, TimeoutError):
        remedy = "try again later, or raise provider.timeout_seconds"
        return _failed(FailureKind.TIMEOUT, "the endpoint does not answer in time", where, remedy)
    if isinstance(error, ClientError | OSError):
        problem = f"the connection to the endpoint failed or broke off ({type(error).__name__})"
        return _failed(FailureKind.CONNECTION, problem, where, "check base_url, the network and the proxy settings")
    if isinstance(error, Refusal):
        return _of_status(error, where, model, key)
    return garbage(where)


def failed_in_the_middle(error: Any, where: str, key: str) -> CallFailed:
    """Return the failure for an error that comes as an event of a stream."""
    said = _said(Refusal(200, error), key)
    return _failed(FailureKind.SERVER_ERROR, f"the endpoint failed in the middle: {said}", where, "try again")


def refuses_to_count(error: Exception) -> bool:
    """Tell whether an endpoint refused a stream only because its tokens were to be counted."""
    if not isinstance(error, Refusal) or error.status not in (400, 404, 422, 501):
        return False
    said = error.field("message").casefold()
    return "stream_options" in said or "include_usage" in said


def _of_status(error: Refusal, where: str, model: str, key: str) -> CallFailed:
    status, code, said = error.status, error.field("code"), _said(error, key)
    if status in (401, 403):
        remedy = "put a valid key into the environment variable that provider.key_variable names"
        return _failed(FailureKind.WRONG_KEY, f"the endpoint does not accept the key ({status})", where, remedy)
    if code == "model_not_found" or (status == 404 and "model" in said.casefold()):
        remedy = "name one of the models that the endpoint offers (GET base_url/models)"
        return _failed(FailureKind.UNKNOWN_MODEL, f"the endpoint has no model {model!r}", where, remedy)
    if status == 429 and code == "insufficient_quota":
        return _failed(FailureKind.NO_CREDIT, "the account has no credit left", where, "raise the account's limit")
    too_long = code == "context_length_exceeded" or error.field("type") == "exceed_context_size_error"
    if too_long or status == 413:
        return _failed(FailureKind.TOO_LONG, f"the prompt is too long: {said}", where, "shorten the prompt")
    if status == 429:
        problem, remedy = "the endpoint has too many requests from us (429)", "lower provider.concurrency, or wait"
        return _failed(FailureKind.RATE_LIMITED, problem, where, remedy, _seconds(error.retry_after))
    if status >= 500 or status in (408, 409):
        problem = f"the endpoint failed with status {status}: {said}"
        return _failed(FailureKind.SERVER_ERROR, problem, where, "try again later", _seconds(error.retry_after))
    remedy = "check base_url, the model's abilities and the request"
    return _failed(FailureKind.REFUSED, f"the endpoint refused with status {status}: {said}", where, remedy)


def _failed(kind: FailureKind, problem: str, where: str, remedy: str, retry_after: float | None = None) -> CallFailed:
    return CallFailed(problem, kind=kind, where=where, remedy=remedy, retry_after=retry_after)


def _said(error: Refusal, key: str) -> str:
    """Quote the endpoint's message, on one line; some endpoints repeat the key in it."""
    return " ".join((error.field("message") or "no message").replace(key, "***").split())[:QUOTED]


def _seconds(retry_after: str) -> float | None:
    """Read the header Retry-After; a date counts as not given."""
    try:
        seconds = float(retry_after)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
