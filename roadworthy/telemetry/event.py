"""The event: what one request to the gateway leaves behind for the nights; holds digests and figures, no contents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from roadworthy.providers.fallback import Fallback

SCHEMA_VERSION = 1
"""Goes up when a field changes its meaning or goes; a new field with a default is no new version."""


class Kind(StrEnum):
    """What was asked for."""

    ANSWER = "answer"
    PREDICTION = "prediction"
    FEEDBACK = "feedback"
    ESCALATION = "escalation"
    OTHER = "other"
    """Anything else below /v1, such as the list of models or a path that is none."""


class Ending(StrEnum):
    """How a request ended; the first five are an exchange's outcomes."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    CONFIRM = "confirm"
    FAILED = "failed"
    """The safe template was given because a part did not work or was switched off."""
    PREDICTED = "predicted"
    NOTED = "noted"
    """Feedback, escalations and other requests that went well."""
    REJECTED = "rejected"
    """The gateway said no: status 4xx."""
    ERROR = "error"
    """Status 5xx."""
    TIMEOUT = "timeout"
    """The request's deadline passed."""
    CANCELLED = "cancelled"
    """The client went away."""


@dataclass(frozen=True)
class Part:
    """One part of the work on a request."""

    name: str
    seconds: float
    failure: str = ""
    """The class of the error that ended it, and its kind."""


@dataclass(frozen=True)
class GuardVerdict:
    """What one guard said at one place."""

    place: str
    guard: str
    verdict: str
    seconds: float


@dataclass(frozen=True)
class Retrieved:
    """A passage that was retrieved, the best first."""

    document: str
    start: int
    score: float
    cited: bool


@dataclass(frozen=True)
class Called:
    """A tool call."""

    tool: str
    verdict: str
    arguments_digest: str


@dataclass(frozen=True)
class Prompted:
    """A prompt that was filled in for the model."""

    name: str
    version: str
    """The digest of its file."""
    instructions: str
    """The digest of its messages of the role `system`, filled in; empty without any."""
    characters: int


@dataclass(frozen=True)
class Returned:
    """What a tool gave back: its shape alone, no value."""

    tool: str
    schema: str
    """The digest of its fields and their types."""
    characters: int


@dataclass(frozen=True)
class Said:
    """What somebody said of an earlier answer."""

    request: str
    """The id of the request that it is about."""
    thumb: Literal["up", "down", ""] = ""
    resolved: bool | None = None


@dataclass(frozen=True)
class Event:
    """One request. Times are seconds, names of people are pseudonyms."""

    id: str
    """The request's id, as its answer had it."""
    at: datetime
    """When it came, in UTC."""
    kind: Kind
    ending: Ending
    status: int
    """The HTTP status; 499 when the client went away before there was one."""
    seconds: float
    tenant: str = ""
    """Empty when no valid key was shown."""
    user: str = ""
    conversation: str = ""
    capability: str = ""
    release: int = 0
    """The release's number; 0 when none was chosen."""
    digest: str = ""
    """The release's digest."""
    arm: str = ""
    """production, canary, or EXPERIMENT/ARM."""
    problem: str = ""
    """The kind of problem document that was answered, such as `rate-limited`."""
    streamed: bool = False
    first_text_seconds: float | None = None
    parts: tuple[Part, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)
    currency: str = ""
    cached: bool = False
    fallback: Fallback = ""
    guards: tuple[GuardVerdict, ...] = ()
    retrieved: tuple[Retrieved, ...] = ()
    calls: tuple[Called, ...] = ()
    rows: int = 0
    """The rows that were predicted."""
    said: Said | None = None
    prompts: tuple[Prompted, ...] = ()
    outputs: tuple[Returned, ...] = ()
    """Of those calls that were done, in their order."""
    scores: tuple[float, ...] = ()
    """Of the rows that were predicted, in their order, for labels that come later. Sealed apart from events
    (`read_scores`): an event that was read has none."""
    keys: tuple[str, ...] = ()
    """Digests of the keys by which the caller's labels will name the rows; empty where none were given."""


@dataclass(frozen=True)
class Content:
    """What was said in a request, redacted; kept only when the policy says so, apart from events, for less long."""

    id: str
    """The request's id."""
    at: datetime
    capability: str
    question: str = ""
    answer: str = ""
    comment: str = ""
    rows: str = ""
    """The rows that were predicted, as a JSON list of records."""
    scores: tuple[float, ...] = ()
