"""A language model that never ends: it says a word, and then waits until it is told to stop, and notes that it was."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from roadworthy.providers.interface import Completion, Request


@dataclass
class HangingProvider:
    """Keeps the promises of `Provider`, but for ever answering."""

    model: str = "hanging"
    asked: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    stopped_at: float = 0.0
    """By the clock of `time.monotonic`."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model's name."""
        return {"kind": "hanging", "model": self.model}

    async def complete(self, request: Request) -> Completion:
        """Hang."""
        self.asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped_at = time.monotonic()
            self.stopped.set()
        raise AssertionError("nobody sets the event")

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Say a little, and hang."""
        for _ in range(20):
            yield "The Blue Account has no monthly fee, and never had one [1]. "
        yield await self.complete(request)

    def warm(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing is held."""
