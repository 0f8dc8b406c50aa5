"""The book of incidents in a store: one append-only chain for all capabilities, for many writers at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from roadworthy.chain.chain import Chain
from roadworthy.chain.competing import compete
from roadworthy.chain.layout import Layout
from roadworthy.chain.link import EMPTY, Head
from roadworthy.clock import utc_now
from roadworthy.errors import Busy
from roadworthy.incidents.entries import Fact, IncidentEntry
from roadworthy.incidents.incident import Incident, incidents_of
from roadworthy.release.entries import Actor
from roadworthy.store import Store

Decide = Callable[[tuple[Incident, ...], datetime], Fact]
"""Looks at all incidents and at the clock, and says what to record; may raise, and has no other effect."""

_PATIENCE = 30
"""Seconds for which a writer competes with others for the next entry."""
_LAYOUT = Layout("the book of incidents", "incidents/", digits=8)


@dataclass(frozen=True)
class IncidentBook:
    """The incidents in `store`. Of two writers one wins a place, and the other decides again."""

    store: Store
    clock: Callable[[], datetime] = utc_now

    def incidents(self) -> tuple[Incident, ...]:
        """Return all incidents, each entry checked. Raises `IntegrityError` that names the first broken entry."""
        return incidents_of(self._read()[0])

    def verify(self, known: Head | None = None) -> Head:
        """Check the whole chain and return its head; see `Chain.verify` for `known`. Raises `IntegrityError`."""
        return self._chain.verify(known)

    def record(self, decide: Decide, by: Actor) -> Incident:
        """Record what `decide` says, durably, and return the incident that it is about.

        Raises what `decide` raises, `Busy` when others are always faster, and `Unavailable`.
        """

        def attempt() -> Incident:
            entries, head = self._read()
            now = self.clock()
            fact = decide(incidents_of(entries), now)
            entry = IncidentEntry(sequence=head.sequence + 1, previous=head.digest, at=now, by=by, fact=fact)
            self._chain.append(entry)
            return next(one for one in incidents_of((*entries, entry)) if one.number == fact.incident)

        busy = Busy(
            "Others wrote to the book of incidents all the time.",
            where=self.store.address,
            remedy="Nothing was recorded: run the command again.",
        )
        return compete(attempt, _PATIENCE, busy)

    def _read(self) -> tuple[tuple[IncidentEntry, ...], Head]:
        linked = tuple(self._chain.after())
        return tuple(one.entry for one in linked), linked[-1].head if linked else EMPTY

    @property
    def _chain(self) -> Chain[IncidentEntry]:
        return Chain(self.store, _LAYOUT, IncidentEntry)
