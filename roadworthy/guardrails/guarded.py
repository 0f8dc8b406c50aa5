"""What became of a text that the guards of a place looked at."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.guardrails.interface import Finding, TakenOut


@dataclass(frozen=True)
class Guarded:
    """What became of a text."""

    text: str
    """What may go on, as the guards changed it; empty when it is held back."""
    findings: tuple[Finding, ...]
    """A finding for each guard that looked, in order; the last one is the one that held it back."""
    blocked: bool
    refusal: str = ""
    """What to tell the user; empty unless it is held back."""
    taken_out: tuple[TakenOut, ...] = ()
    """What was taken out of the user's words, in order; empty when they are held back."""
