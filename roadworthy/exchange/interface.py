"""What goes into an exchange and what comes out of it: the answer, and the trace of how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roadworthy.guardrails.interface import Finding
from roadworthy.prompting.filled import FilledPrompt
from roadworthy.providers.fallback import Fallback
from roadworthy.providers.interface import Usage
from roadworthy.retrieval.interface import Hit
from roadworthy.tools.interface import CallOutcome


class Outcome(StrEnum):
    """How an exchange ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """A guard or the policy said no."""
    UNKNOWN = "unknown"
    """Retrieval or grounding was too weak: it says that it does not know."""
    CONFIRM = "confirm"
    """A person has to approve a tool call first."""
    FAILED = "failed"
    """The provider did not answer: a safe template was given."""


@dataclass(frozen=True)
class Question:
    """What somebody asks."""

    text: str
    user: str = ""
    """The authenticated customer on whose behalf tools act; empty for nobody."""
    conversation: str = ""
    deadline: float | None = None
    """The moment, by `time.monotonic()`, after which nobody waits any more."""


@dataclass(frozen=True)
class Span:
    """One part of the exchange, for the trace."""

    name: str
    seconds: float
    detail: str = ""
    failure: str = ""
    """The class of the error that ended it, and its kind; its message may hold what nobody should read."""


@dataclass(frozen=True)
class Answer:
    """What the assistant says, and everything that led to it."""

    text: str
    outcome: Outcome
    citations: tuple[str, ...]
    """The ids of the documents that the answer cites, in the order of the text; only retrieved ones."""
    hits: tuple[Hit, ...]
    """What was retrieved, the best first."""
    calls: tuple[CallOutcome, ...]
    findings: tuple[Finding, ...]
    """Every guard's verdict, in order."""
    usage: Usage
    seconds: float
    cached: bool
    """True when no completion of this exchange was paid for."""
    spans: tuple[Span, ...] = ()
    fallback: Fallback = ""
    first_text_seconds: float | None = None
    """When the first text could be shown, counted from the start; None when there was no text."""
    retracted: bool = False
    """What was shown before is not how this answer begins: it has to be taken back, and this text shown instead."""
    prompts: tuple[FilledPrompt, ...] = ()
    """Those that were filled in for the model, in order."""
