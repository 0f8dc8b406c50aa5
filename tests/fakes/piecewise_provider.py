"""A real model for tests that says given pieces, one after another, and may fail or wait between two of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Request, Usage


@dataclass
class PiecewiseProvider:
    """Says `pieces`; breaks off, or waits for ever, after so many of them."""

    pieces: Sequence[str]
    fails_after: int | None = None
    hangs_after: int | None = None
    said: int = 0
    """How many pieces somebody heard."""
    asked: int = 0
    stopped: bool = False
    """Somebody went away before the end."""
    hangs: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it begins to wait."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Its pieces."""
        return {"kind": "piecewise", "pieces": list(self.pieces)}

    async def complete(self, request: Request) -> Completion:
        """Say all pieces at once."""
        async for piece in self.stream(request):
            if isinstance(piece, Completion):
                return piece
        raise AssertionError("a stream ends in a completion")

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Say the pieces, and what they are together."""
        self.asked += 1
        ended = False
        try:
            for number, piece in enumerate([*self.pieces, None]):
                if number == self.fails_after:
                    ended = True
                    raise CallFailed("broke off", kind=FailureKind.CONNECTION, where="w", remedy="r")
                if number == self.hangs_after:
                    self.hangs.set()
                    await asyncio.Event().wait()
                if piece is not None:
                    self.said += 1
                    yield piece
            ended = True
            yield Completion("".join(self.pieces), "stop", "piecewise", Usage(1, len(self.pieces)), 0.0)
        finally:
            self.stopped = self.stopped or not ended

    def warm(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing is held."""
