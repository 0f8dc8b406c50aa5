"""How much a recorder holds, and how often it writes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """The bounds of one process's recorder."""

    waiting: int = 8192
    """So many events wait for the disk; a further one is lost."""
    contents_waiting: int = 512
    """So many contents wait to be redacted; a further one is left out, its event is kept."""
    longest_text: int = 16_000
    """A content with a longer text is left out; in characters."""
    flush_seconds: float = 0.5
    """An event is on the disk so soon, and a killed process loses what came after the last flush."""
    flush_events: int = 256
    """When so many wait, they are written at once."""
    segment_seconds: float = 60
    segment_bytes: int = 16 << 20
    report_seconds: float = 60
    """What is lost is told so often, at most."""
    close_seconds: float = 10
    """How long closing waits for a disk that does not answer."""
