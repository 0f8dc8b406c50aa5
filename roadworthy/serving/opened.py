"""A release that was fetched, verified and opened, ready to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from roadworthy.budgets.worst_case import ExchangeBound
    from roadworthy.drift.served.counting import RowCounter
    from roadworthy.exchange.assistant import Assistant
    from roadworthy.modelling.online_model import OnlineModel
    from roadworthy.params.assistant import AssistantCapability
    from roadworthy.params.capability import ModelCapability
    from roadworthy.providers.prices import Price
    from roadworthy.release.standing import ReleaseRecord


@dataclass(frozen=True)
class OpenedAssistant:
    """An assistant in memory."""

    parameters: AssistantCapability
    assistant: Assistant
    bound: ExchangeBound
    """The most that one exchange can use."""
    price: Price | None
    """Of the model's tokens; None where nobody has said."""
    second_price: Price | None
    close: Callable[[], None]
    """Gives back what it holds; once, when nobody uses it any more."""


@dataclass(frozen=True)
class OpenedModel:
    """A trained model in memory, which has predicted its probe as it did when it was released."""

    parameters: ModelCapability
    model: OnlineModel
    close: Callable[[], None]
    counter: RowCounter | None = None
    """Counts the rows that it predicts in the cells of the release's reference; None where it holds none."""


Opened = OpenedAssistant | OpenedModel


@dataclass(frozen=True)
class Wanted:
    """What is to be opened."""

    capability: str
    record: ReleaseRecord
    prompts_of: ReleaseRecord | None = None
    """The release whose prompts are used instead of its own, when those are switched off."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by: two with the same key answer alike."""
        return self.record.digest, self.prompts_of.digest if self.prompts_of else ""


class OpenRelease(Protocol):
    """Opens releases; called in threads, and takes its time."""

    def __call__(self, wanted: Wanted, tools_off: Callable[[], bool]) -> Opened:
        """Return the release, verified by signature and digests, and warm, so that its first answer is no slower.

        `tools_off` tells at any time whether tools are switched off. Raises a `RoadworthyError`.
        """
