"""What every guard does: it looks at one text at one place and says what may go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable


class Place(StrEnum):
    """Where in an exchange a text stands."""

    INPUT = "input"
    """What the user wrote."""
    DOCUMENT = "document"
    """A passage that was retrieved: data, never instructions."""
    TOOL_OUTPUT = "tool_output"
    """What a tool returned: data, never instructions."""
    OUTPUT = "output"
    """What the assistant is about to say."""


class Verdict(StrEnum):
    """What a guard says of a text."""

    ALLOWED = "allowed"
    CHANGED = "changed"
    """It may go on with what the guard made of it."""
    BLOCKED = "blocked"
    NOT_SCANNED = "not_scanned"
    """The guard crashed or took too long; the text is held back as if it were blocked."""


@dataclass(frozen=True)
class Context:
    """What a guard may need to know besides the text."""

    question: str = ""
    """What the user asked, after the input guards."""
    passages: tuple[str, ...] = ()
    """The texts on which the answer has to rest."""
    system_prompt: str = ""
    """What must not leak."""


@dataclass(frozen=True)
class TakenOut:
    """What a guard took out of the user's own words; only the exchange that they belong to may hold it."""

    kind: str
    """As in the placeholder, such as `email`."""
    value: str = field(repr=False)


@dataclass(frozen=True)
class Scan:
    """What one guard found."""

    verdict: Verdict
    text: str
    """What goes on: as it came in, or as the guard changed it."""
    reason: str = ""
    """For people and logs; never holds the text itself or a secret."""
    refusal: str = ""
    """What to tell the user when it is blocked; empty for the guard's standard words."""
    taken_out: tuple[TakenOut, ...] = ()
    """Of identifiers in a user's words; of secrets nothing is kept."""


@dataclass(frozen=True)
class Finding:
    """One guard's verdict as it stands in the trace."""

    guard: str
    place: Place
    verdict: Verdict
    reason: str
    seconds: float


class Guard(Protocol):
    """One guard."""

    @property
    def name(self) -> str:
        """What it is called in traces, reports and policies."""

    @property
    def places(self) -> frozenset[Place]:
        """Where it looks."""

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Look at `text`; raising is allowed and counts as not scanned."""


@dataclass(frozen=True)
class Settled:
    """What a guard says of the beginning of a text, in characters from its start."""

    known: int
    """So much of what it passes on is the same whatever follows, and is what came in."""
    free: int
    """So much may be shown: whatever follows, nothing in it is part of what this guard blocks or takes out."""


@runtime_checkable
class StreamGuard(Guard, Protocol):
    """A guard that can let the beginning of an answer through before the rest is there; others need the whole."""

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Look at `text`, with which an answer begins and of which `since` characters are shown already.

        What is shown was settled before: no match that begins in it is unfinished.
        """
