"""The message: many alerts of one capability and kind in a few lines of text, with the playbook and no content."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from roadworthy.alerts.alert import Alert
from roadworthy.chain.link import Kept, Moment
from roadworthy.service_levels.objectives import Severity

SHOWN = 10
"""So many alerts a message names; it counts the others."""


class Trouble(Kept):
    """That another channel does not work, which somebody has to learn through one that does."""

    channel: str
    since: Moment
    messages: int
    failure: str

    @property
    def text(self) -> str:
        """A line for people."""
        since = f"{self.since:%Y-%m-%d %H:%M} UTC"
        return f"not delivered through {self.channel} since {since}: {self.messages} ({self.failure})"


class Text(Kept):
    """What a channel sends."""

    title: str
    body: str
    tone: Literal["page", "ticket", "resolved"]


class Message(Kept):
    """What is told at once of a group."""

    id: str
    group: str
    at: Moment
    open: tuple[Alert, ...] = ()
    over: tuple[Alert, ...] = ()
    """Resolved since the last message; also what began and ended in between."""
    repeats: bool = False
    """Nothing is new: it is still so."""

    @property
    def severity(self) -> Severity:
        """The worst of what is open; of what is over when nothing is."""
        found = {alert.severity for alert in self.open or self.over}
        return Severity.PAGE if Severity.PAGE in found else Severity.TICKET

    def text(self, troubles: tuple[Trouble, ...] = ()) -> Text:
        """Return what is sent, with what could not be delivered elsewhere."""
        lines = [_line(alert) for alert in self.open[:SHOWN]]
        if self.open[SHOWN:]:
            lines.append(f"and {len(self.open) - SHOWN} more")
        lines += [f"over: {_line(alert)}" for alert in self.over[:SHOWN]]
        if self.over[SHOWN:]:
            lines.append(f"and {len(self.over) - SHOWN} more are over")
        runbooks = dict.fromkeys(alert.runbook for alert in (self.open or self.over))
        lines.append(f"what to do: {', '.join(runbooks)}")
        lines += [trouble.text for trouble in troubles]
        tone: Literal["page", "ticket", "resolved"] = self.severity.value if self.open else "resolved"
        return Text(title=self._title(), body="\n".join(lines), tone=tone)

    def _title(self) -> str:
        first = (self.open or self.over)[0]
        state = self.severity.value if self.open else "resolved"
        about = first.capability or "the house"
        many = f", {len(self.open)} of them" if len(self.open) > 1 else ""
        still = "still " if self.repeats else ""
        return f"[{state}] {about}: {still}{first.kind.replace('_', ' ')}{many}"


def _line(alert: Alert) -> str:
    found = alert.finding
    release = f" of release {found.release}" if found.release else ""
    measured = "" if found.measured is None else f" {found.measured:.4g}"
    bound = "" if found.bound is None else f", bound {found.bound:.4g}"
    ended = f" to {_time(alert.resolved)}" if alert.resolved else f", seen {alert.count} times"
    return f"{found.measure}{release}:{measured}{bound} (since {_time(alert.started)}{ended}; {alert.id})"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
