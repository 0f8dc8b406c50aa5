"""One incident: what the entries about it add up to, and where its clocks contradict each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from roadworthy.errors import UnknownName
from roadworthy.incidents.entries import Closed, IncidentEntry, Noted, Opened
from roadworthy.incidents.kinds import IncidentKind

PREFIX = "inc-"


@dataclass(frozen=True)
class Incident:
    """The entries about one incident, in order; the first one opened it."""

    entries: tuple[IncidentEntry, ...]

    @property
    def opening(self) -> Opened:
        """What was said at the beginning."""
        fact = self.entries[0].fact
        assert isinstance(fact, Opened)  # noqa: S101  (the book admits nothing else)
        return fact

    @property
    def number(self) -> int:
        """Counts from 1, over all capabilities."""
        return self.opening.incident

    @property
    def id(self) -> str:
        """What people call it."""
        return f"{PREFIX}{self.number}"

    @property
    def capability(self) -> str:
        """The capability in trouble."""
        return self.opening.capability

    @property
    def kind(self) -> IncidentKind:
        """What went wrong."""
        return self.opening.trouble

    @property
    def closed(self) -> Closed | None:
        """How it ended, if it did."""
        return next((entry.fact for entry in self.entries if isinstance(entry.fact, Closed)), None)

    @property
    def marked_mitigated(self) -> datetime | None:
        """When users were no longer hurt, as the last person who said so has it."""
        marks = [entry.fact.mitigated for entry in self.entries if isinstance(entry.fact, Noted)]
        return next((mark for mark in reversed(marks) if mark is not None), None)

    @property
    def moments(self) -> tuple[datetime, ...]:
        """When each entry was written: no entry is older than the one before it, whatever its writer's clock said."""
        return tuple(accumulate((entry.at for entry in self.entries), max))

    def clock_doubts(self, now: datetime) -> tuple[str, ...]:
        """Say of which entries the clock can't have been right, seen from a clock that says `now`."""
        return tuple(
            doubt
            for entry, moment in zip(self.entries, self.moments, strict=True)
            if (doubt := _doubt(entry, moment, now))
        )


def incidents_of(entries: Iterable[IncidentEntry]) -> tuple[Incident, ...]:
    """Return all incidents, in the order in which they were opened."""
    found: dict[int, list[IncidentEntry]] = {}
    for entry in entries:
        found.setdefault(entry.fact.incident, []).append(entry)
    return tuple(Incident(tuple(own)) for own in found.values())


def incident_called(text: str, incidents: Iterable[Incident]) -> Incident:
    """Return the incident that a person names, `inc-3` or `3`. Raises `UnknownName` with what there is."""
    known = {incident.id: incident for incident in incidents}
    name = text.strip().lower()
    found = known.get(name) or known.get(f"{PREFIX}{name}")
    if found is None:
        latest = ", ".join(list(known)[-5:])
        raise UnknownName(
            f"There is no incident '{text}'.",
            where="incidents",
            remedy=f"The latest are: {latest}; `roadworthy incident list --all` shows all." if known else "None yet.",
        )
    return found


def _doubt(entry: IncidentEntry, moment: datetime, now: datetime) -> str:
    if entry.at < moment:
        return f"entry {entry.sequence}: its clock was {moment - entry.at} behind that of an entry before it"
    if entry.at > now:
        return f"entry {entry.sequence}: its clock was {entry.at - now} ahead of this one"
    return ""
