"""What a client gets instead of an answer: problem documents by RFC 9457, which name the field and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from roadworthy.errors import (
    Busy,
    DataError,
    IntegrityError,
    RoadworthyError,
    RuleBroken,
    Unavailable,
    UnknownName,
    UsageError,
)

MEDIA_TYPE = "application/problem+json"
CLIENT_GONE = 499
"""The status, as nginx has it, of a request whose client went away."""
SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""On every answer that has none of its own: a browser must not take it for anything else than it is."""
_PHRASES = {status.value: status.phrase for status in HTTPStatus} | {CLIENT_GONE: "Client closed the request"}


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong at one place of the request."""

    pointer: str
    """A JSON pointer (RFC 6901) into the body, or the name of a header in angle brackets."""
    detail: str


@dataclass
class Problem(Exception):
    """A request that gets no answer."""

    kind: str
    """The last part of the problem's type, such as `rate-limited`."""
    status: int
    detail: str
    errors: tuple[FieldProblem, ...] = ()
    retry_after: float | None = None
    """Seconds."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> Mapping[str, Any]:
        """The problem as RFC 9457 writes it; `error` is the same for clients that expect OpenAI's."""
        title = _PHRASES.get(self.status, "Problem")
        document: dict[str, Any] = {
            "type": f"urn:roadworthy:problem:{self.kind}",
            "title": title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [{"pointer": one.pointer, "detail": one.detail} for one in self.errors]
        document["error"] = {"message": self.detail, "type": self.kind, "code": self.kind, "param": _param(self.errors)}
        return document


def response_to(problem: Problem) -> Response:
    """Return the problem as an HTTP response."""
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(problem.retry_after + 0.499)))
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="roadworthy"'
    return Response(orjson.dumps(problem.document), problem.status, headers, MEDIA_TYPE)


def raw_response(problem: Problem) -> bytes:
    """Return the problem as it goes over the wire where there is no request that could be answered."""
    body = orjson.dumps(problem.document)
    headers = [*SAFE_HEADERS, (b"cache-control", b"no-store"), (b"content-type", MEDIA_TYPE.encode())]
    headers += [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    start = f"HTTP/1.1 {problem.status} {_PHRASES[problem.status]}".encode()
    return b"\r\n".join([start, *(name + b": " + value for name, value in headers), b"", body])


_STATUS: tuple[tuple[type[RoadworthyError], str, int], ...] = (
    (UnknownName, "unknown-name", 404),
    (UsageError, "invalid-request", 400),
    (DataError, "invalid-data", 422),
    (RuleBroken, "not-allowed", 403),
    (Busy, "busy", 429),
    (Unavailable, "unavailable", 503),
    (IntegrityError, "broken", 503),
)


def problem_of(error: RoadworthyError) -> Problem:
    """Return the problem that stands for an error of the domain; what only operators may know stays out of it."""
    for kind, name, status in _STATUS:
        if isinstance(error, kind):
            told = (
                error.problem if status < HTTPStatus.INTERNAL_SERVER_ERROR else "a part of the service is not available"
            )
            return Problem(name, status, told)
    return Problem("internal", 500, "the gateway failed; the request's id is in its log")


def not_found(detail: str) -> Problem:
    """Return the problem for a path or a name that is not there."""
    return Problem("unknown-name", 404, detail)


def invalid(detail: str, *errors: FieldProblem) -> Problem:
    """Return the problem for a request that can't be understood."""
    return Problem("invalid-request", 400, detail, errors)


def _param(errors: tuple[FieldProblem, ...]) -> str | None:
    return errors[0].pointer if errors else None
