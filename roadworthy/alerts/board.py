"""The board: everything about alerts that has to survive a restart, as one small frozen value."""

from __future__ import annotations

from pydantic import Field

from roadworthy.alerts.alert import Alert, AlertKind, MaybeWord, Word
from roadworthy.alerts.message import Message
from roadworthy.chain.link import Kept, Moment
from roadworthy.service_levels.objectives import Severity


class Silence(Kept):
    """What nobody wants to be told for a while; it is still seen and kept."""

    id: str
    until: Moment
    kind: AlertKind | None = None
    """None: every kind."""
    capability: str | None = None
    """None: every capability and the house; empty: the house alone."""

    def covers(self, alert: Alert) -> bool:
        """Tell whether an alert is meant, whatever the time."""
        return self.kind in (None, alert.kind) and self.capability in (None, alert.capability)


class Group(Kept):
    """What was told of one capability and kind, and what is still to be told."""

    name: str
    told_at: Moment | None = None
    told: tuple[str, ...] = ()
    """The ids of open alerts that people know of."""
    severity: Severity | None = None
    """The worst that the last message about something open had."""
    over: tuple[Alert, ...] = ()
    """Resolved since the last message."""
    over_known: bool = False
    """Whether people know of one of those."""


class Waiting(Kept):
    """A message that has not arrived at a channel yet."""

    channel: Word
    message: Message
    not_before: Moment
    """Nobody tries earlier: after a failure, or while somebody else is sending it."""
    failures: int = Field(default=0, ge=0)
    failed_since: Moment | None = None
    failure: MaybeWord = ""
    """Why it failed the last time, in a word of ours."""


class Board(Kept):
    """What is open, told, silenced and on its way."""

    open: tuple[Alert, ...] = ()
    groups: tuple[Group, ...] = ()
    silences: tuple[Silence, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    watched_since: Moment | None = None
    """When somebody first looked whether nights were read; before that none is missing."""

    def alert(self, key: str) -> Alert | None:
        """Return the open alert for findings with this key."""
        return next((alert for alert in self.open if alert.finding.key == key), None)

    def group(self, name: str) -> Group:
        """Return what was told of a group; nothing, when nothing was."""
        return next((group for group in self.groups if group.name == name), Group(name=name))

    def silenced(self, alert: Alert, now: Moment) -> bool:
        """Tell whether nobody wants to be told of an alert now."""
        return any(silence.until > now and silence.covers(alert) for silence in self.silences)

    def with_group(self, group: Group) -> Board:
        """Return the board with this state of a group; one that says nothing any more goes."""
        others = tuple(one for one in self.groups if one.name != group.name)
        says = group.told or group.over or group.told_at
        return self.model_copy(update={"groups": (*others, group) if says else others})
