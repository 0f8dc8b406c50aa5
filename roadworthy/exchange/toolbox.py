"""What an assistant sees of its tools: a description to choose from, and the one door through which it calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from roadworthy.tools.gatekeeper import ToolLayer
from roadworthy.tools.interface import Caller, CallOutcome, ToolCall
from roadworthy.tools.model_view import choice_schema, tool_schemas_text
from roadworthy.tools.withheld import Withheld


@dataclass(frozen=True)
class Offer:
    """The tools of one exchange, as the model reads them."""

    shown: str
    schema: Mapping[str, Any]
    """The JSON schema of a choice: {"tool": NAME, "arguments": {…}}, or {"tool": "none"}."""


class Toolbox(Protocol):
    """The tools that a capability may use."""

    def for_exchange(self, withheld: Withheld) -> Self:
        """Return a toolbox for one exchange, with no call counted yet.

        `withheld` is what the guards took out of the customer's words in it.
        """

    def offer(self) -> Offer | None:
        """Return what may be chosen; None while there is nothing to choose."""

    async def call(self, call: ToolCall, caller: Caller) -> CallOutcome:
        """Check the call and make it, or say why not; never raises."""


@dataclass(frozen=True)
class LayerToolbox:
    """The toolbox on a tool layer."""

    layer: ToolLayer
    capability: str

    def for_exchange(self, withheld: Withheld) -> LayerToolbox:
        """See `Toolbox`."""
        return LayerToolbox(self.layer.for_exchange(withheld), self.capability)

    def offer(self) -> Offer | None:
        """See `Toolbox`."""
        tools = self.layer.offered(self.capability)
        return Offer(tool_schemas_text(tools), choice_schema(tools)) if tools else None

    async def call(self, call: ToolCall, caller: Caller) -> CallOutcome:
        """See `Toolbox`."""
        return await self.layer.call(call, caller)
