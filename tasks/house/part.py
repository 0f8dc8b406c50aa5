"""A part of the house: a command that is kept running, and how one knows that it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """A server, a worker, or something that is done once when others are there."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the house's own."""
    port: int | None = None
    health: str | None = None
    """An address that answers when the part is there; without one it is there when it was started."""
    page: str | None = None
    """Where people find it."""
    after: tuple[str, ...] = ()
    """The parts that have to be there first; they are stopped after it."""
    once: bool = False
    """It comes to an end by itself, and is there when that was a success."""
    folder: Path | None = None
    """Where others look for its record, server.json, to use the server instead of starting one."""
