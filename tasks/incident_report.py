"""What is known of an incident now: its timeline from all sources, its milestones and its figures."""

# Late imports: start-up time.
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from roadworthy.alerts.log import AlertLog
from roadworthy.audit.log import AuditLog
from roadworthy.errors import RoadworthyError
from roadworthy.incidents.changes import Found, Span
from roadworthy.incidents.findings import Figures, Milestones
from roadworthy.incidents.incident import Incident
from roadworthy.incidents.timeline import LEAD, Reading, Source, Timeline, milestones_of, own_reading, timeline_of
from roadworthy.release.ledger import Ledger
from roadworthy.settings import Settings
from roadworthy.store import Store
from roadworthy.telemetry.opening import OPEN
from tasks.incident_audit import audit_reading
from tasks.incident_sources import (
    Within,
    alerts_reading,
    ledger_reading,
    nights_reading,
    read_source,
    traffic_reading,
)
from tasks.promises import Promised, longest_window, promised_in, promises_of

if TYPE_CHECKING:
    import pyarrow as pa

    from roadworthy.incidents.measuring import Promise


@dataclass(frozen=True)
class IncidentReport:
    """An incident as it is known now."""

    incident: Incident
    timeline: Timeline
    milestones: Milestones
    figures: Figures | None
    """None when telemetry could not be read; of a closed incident those that were found at its end."""
    doubts: tuple[str, ...]
    """Which clocks can't have been right."""

    @property
    def found(self) -> Found:
        """What is recorded when the incident is closed."""
        return Found(self.milestones, self.figures, self.timeline.not_read)


def report_on(
    incident: Incident, store: Store, settings: Settings, now: datetime, span: Span | None = None
) -> IncidentReport:
    """Read all sources and put together what they say; `span` is that of an incident which is about to be closed.

    A source that can't be read is named in the timeline. Of a closed incident milestones and figures stay as they
    were recorded at its end, and the timeline is read again.
    """
    closed = incident.closed
    known = Span(closed.milestones.started, closed.milestones.ended or now) if closed else span
    started = known.started if known else incident.opening.started
    ended = known.ended if known else None
    # A clock that ran ahead must not make us look through the nights of a century; what it wrote is still told.
    until = ended or now
    within = Within(incident.capability, min(started or incident.moments[0], until) - LEAD, until)
    events = _Events(store, settings, within)
    readings = _readings(incident, store, settings, within, events)
    timeline = timeline_of(readings, within.since, max(until, incident.moments[-1]))
    doubts = incident.clock_doubts(now)
    if closed:
        return IncidentReport(incident, timeline, closed.milestones, closed.figures, doubts)
    milestones = milestones_of(incident, timeline.happenings, started, ended)
    figures = events.figures(min(milestones.began, until), until)
    return IncidentReport(incident, timeline, milestones, figures, doubts)


def _readings(
    incident: Incident, store: Store, settings: Settings, within: Within, events: _Events
) -> tuple[Reading, ...]:
    entries = Ledger(store, incident.capability).entries
    ledger = read_source(Source.LEDGER, lambda: ledger_reading(entries(), within))
    return (
        ledger,
        read_source(Source.TRAFFIC, lambda: traffic_reading(events.within(), within)),
        read_source(Source.AUDIT, lambda: audit_reading(AuditLog(store).entries(), within, bool(ledger.problem))),
        read_source(Source.NIGHTS, lambda: nights_reading(settings.root, within)),
        read_source(
            Source.ALERTS, lambda: alerts_reading(AlertLog(store).alerts(), incident.capability, incident.kind)
        ),
        own_reading(incident),
    )


@dataclass
class _Events:
    """Telemetry, read once for all that asks for it."""

    store: Store
    settings: Settings
    around: Within
    _read: pa.Table | None = None

    def within(self) -> pa.Table:
        """Return the events of the window, of all capabilities."""
        import pyarrow as pa
        import pyarrow.compute as pc

        table = self._all()
        return table.filter(pc.greater_equal(table["at"], pa.scalar(self.around.since, table["at"].type)))

    def figures(self, since: datetime, until: datetime) -> Figures | None:
        """Return what an incident came to, or None when telemetry can't be read."""
        from roadworthy.incidents.measuring import Measured, figures_from

        try:
            table = self._all()
        except (RoadworthyError, OSError):
            return None  # The reading of the traffic says why.
        return figures_from(table, Measured(self.around.capability, since, until, self._promises(table)))

    @cached_property
    def _promised(self) -> Promised:
        return promised_in(self.settings.root.resolve())

    def _all(self) -> pa.Table:
        from roadworthy.telemetry.reading import Window, read_events

        if self._read is None:
            begin = min(self.around.since, self.around.until - longest_window(self._promised))
            window = Window(begin, self.around.until)
            self._read = read_events(self.store, window, segments=self.settings.home_path / OPEN)
        return self._read

    def _promises(self, table: pa.Table) -> tuple[Promise, ...]:
        import pyarrow.compute as pc

        own = table.filter(pc.equal(table["capability"], self.around.capability))
        predicts = pc.any(pc.equal(own["kind"], "prediction")).as_py()
        return promises_of(self.around.capability, "prediction" if predicts else "answer", self._promised)
