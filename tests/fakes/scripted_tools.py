"""A small real tool backend: it notes what runs, and can be told to raise, to wait or to call back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from fakes.memory_store import MemoryStore

from roadworthy.audit.log import AuditLog
from roadworthy.store import LocalStore
from roadworthy.tools.approvals import Approvals
from roadworthy.tools.declaration import ToolSet
from roadworthy.tools.gatekeeper import ToolLayer
from roadworthy.tools.interface import Caller
from roadworthy.tools.keyed_digest import KeyedDigest
from roadworthy.tools.loading import parse_tools
from roadworthy.tools.opening import open_tool_layer
from roadworthy.tools.rules import Bounds, Rules

DECLARATION = """
capabilities:
  helper:
    effects: [read, write, irreversible]
    tools: [look, post, burn, note]
  reader:
    tools: [look]
tools:
  - name: look
    description: Looks.
    effect: read
    rate_limit: 1000/minute
    bound_to_user: user_id
    parameters:
      type: object
      additionalProperties: false
      required: [user_id, place]
      properties:
        user_id: {type: string}
        place: {type: string, pattern: "^[a-z]+$"}
        limit: {type: integer, minimum: 1}
  - name: post
    description: Posts.
    effect: write
    rate_limit: 1000/minute
    bound_to_user: user_id
    parameters: &letter
      type: object
      additionalProperties: false
      required: [user_id, to]
      properties:
        user_id: {type: string}
        to: {type: string}
  - name: burn
    description: Burns.
    effect: irreversible
    rate_limit: 1000/minute
    bound_to_user: user_id
    parameters: *letter
  - name: note
    description: Notes.
    effect: write
    needs_approval: false
    rate_limit: 2/hour
    parameters: {type: object, additionalProperties: false, properties: {text: {type: string}}}
  - name: shred
    description: Is declared, and allowed to nobody.
    effect: write
    needs_approval: false
    rate_limit: 1000/minute
    parameters: {type: object, additionalProperties: false, properties: {}}
"""


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: datetime = datetime(2025, 11, 14, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Say what time it is."""
        return self.now

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@dataclass
class ScriptedTools:
    """Runs whatever it is asked to, and notes it: what it must never see, the layer must hold back."""

    answer: Callable[[str, Mapping[str, Any], Caller], Any] = lambda tool, arguments, caller: {"tool": tool}
    ran: list[tuple[str, dict[str, Any], Caller]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, tool: str, arguments: Mapping[str, Any], caller: Caller) -> Any:
        """Note it and answer."""
        with self._lock:
            self.ran.append((tool, dict(arguments), caller))
        return self.answer(tool, arguments, caller)

    @property
    def names(self) -> list[str]:
        """The names of the tools that ran, in order."""
        return [tool for tool, _, _ in self.ran]


@lru_cache(maxsize=1)
def small_tools() -> ToolSet:
    """Return what is declared above."""
    return parse_tools(DECLARATION, "small.yaml")


def layer_in_memory(backend: ScriptedTools, **bounds: int) -> ToolLayer:
    """Return a layer over `backend` that keeps its things in memory."""
    store, digests = MemoryStore(), KeyedDigest(bytes(32))
    rules = Rules(small_tools(), Approvals(store, digests), digests, bounds=Bounds(**bounds))
    return ToolLayer(rules, backend, AuditLog(store))


def small_layer(folder: Path, backend: ScriptedTools, **options: Any) -> ToolLayer:
    """Return a layer over `backend` that keeps its things in `folder`."""
    return open_tool_layer(small_tools(), backend, LocalStore(folder / "store"), folder / "key", **options)
