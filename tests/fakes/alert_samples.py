"""Findings, a clock that stands still until it is told, and a channel that works as long as a test wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.memory_store import MemoryStore

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.alerts.channels.interface import Channel, NotSent
from roadworthy.alerts.delivery import Delivery
from roadworthy.alerts.desk import AlertDesk
from roadworthy.alerts.log import AlertLog
from roadworthy.alerts.message import Text
from roadworthy.alerts.settings import AlertParams
from roadworthy.service_levels.objectives import Severity

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PARAMS = AlertParams(patience_seconds=5)


def a_finding(**changed: Any) -> Finding:
    """Return a promise that is used up too fast, but for what is changed."""
    given = {
        "kind": AlertKind.SERVICE_LEVEL,
        "capability": "help-desk",
        "release": 3,
        "severity": Severity.TICKET,
        "measure": "success",
        "measured": 20.0,
        "bound": 14.4,
    }
    return Finding(**(given | changed))


@dataclass
class Clock:
    """Says what it is set to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def pass_(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


@dataclass
class Notebook:
    """A real channel: what it took stands in `texts`; while it is broken it takes nothing."""

    name: str = "notebook"
    texts: list[Text] = field(default_factory=list)
    broken: bool = False

    def send(self, text: Text) -> None:
        """See `Channel.send`."""
        if self.broken:
            raise NotSent("not_taken", self.name)
        self.texts.append(text)

    @property
    def titles(self) -> list[str]:
        """The titles, in their order."""
        return [text.title for text in self.texts]


def a_desk(
    *channels: Channel, clock: Clock, store: MemoryStore | None = None, params: AlertParams = PARAMS
) -> AlertDesk:
    """Return a desk in whose deliveries nobody waits between two attempts."""
    delivery = Delivery(channels, params, sleep=lambda _: None)
    return AlertDesk(AlertLog(store or MemoryStore()), delivery, clock)
