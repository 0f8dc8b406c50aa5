"""A night's drift of each trained model: what gateways counted, beside the reference of the release that served."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.reference import LAYOUT, NIGHTS, Reference
from roadworthy.drift.report import Condition, DriftReport, NightSaid, Oddity, Origin
from roadworthy.drift.reporting import NoReference, Tonight, report_night
from roadworthy.drift.served.day import ServedDay
from roadworthy.drift.served.sealing import CountedDay, read_counts
from roadworthy.drift.sustained import Lasting, Sustained, SustainedRule, sustained
from roadworthy.errors import IntegrityError
from roadworthy.performance.trigger import Decision, TriggerVerdict
from roadworthy.release.bundle import fetch_manifest, read_bundle_file
from roadworthy.store import NotStored, Store
from roadworthy.telemetry.event import Ending, Kind
from roadworthy.telemetry.reading import Window, read_events

if TYPE_CHECKING:
    import pyarrow as pa

    from roadworthy.performance.served import Truth

    TruthOf = Callable[[str], Truth | None]

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class CapabilityDrift:
    """What a night says about the drift of one trained model, with the nights before it."""

    reports: tuple[DriftReport, ...]
    """Of the night: one for each release that predicted rows; at least one."""
    sustained: Sustained
    decision: Decision | None
    """Whether harm calls for a retraining, measured or estimated; None where no release served with a promise."""

    @property
    def verdict(self) -> NightSaid:
        """The one of its reports that needs somebody most."""
        return max((one.verdict for one in self.reports), key=list(NightSaid).index)

    @property
    def needs_somebody(self) -> bool:
        """Tell whether a person has to look."""
        harmed = self.decision is not None and self.decision.verdict is TriggerVerdict.RETRAIN
        return harmed or self.verdict in (NightSaid.DRIFT, NightSaid.NOT_JUDGED)

    @property
    def lasts(self) -> bool:
        """Tell whether drift is confirmed."""
        return self.sustained.verdict is Lasting.CONFIRMED


@dataclass(frozen=True)
class _Served:
    """One release on one night, as events tell it."""

    release: int
    rows: int


@dataclass
class DriftWatch:
    """Judges capabilities on one night; what several of them need is read once."""

    store: Store
    night: date
    policy: AlarmPolicy = field(default_factory=AlarmPolicy)
    rule: SustainedRule = field(default_factory=SustainedRule)
    _counted: dict[date, CountedDay] = field(default_factory=dict)
    _references: dict[str, Reference | NoReference] = field(default_factory=dict)

    def judge(self, capability: str, truth_of: TruthOf | None = None) -> CapabilityDrift:
        """Judge a trained model; `truth_of` tells what labels have shown of a release, by its digest.

        Raises as `read_events` does; whatever is wrong with rows is in the reports.
        """
        from tasks.served_harm import decide_harm

        first = self.night - (self.rule.nights - 1) * _DAY
        served = self._served(capability, first)
        nights = [first + back * _DAY for back in range(self.rule.nights)]
        reports = [report for night in nights for report in self._report(capability, night, served)]
        tonight = tuple(one for one in reports if one.night == self.night)
        main = _main(tonight)
        truth = truth_of(main) if truth_of else None
        decision = decide_harm(self.store, capability, self.night, main, self.counted, truth)
        return CapabilityDrift(tonight, sustained(reports, self.rule), decision)

    def counted(self, night: date) -> CountedDay:
        """Return what was counted on a night."""
        if night not in self._counted:
            self._counted[night] = read_counts(self.store, night)
        return self._counted[night]

    def _report(self, capability: str, night: date, served: dict[tuple[date, str], _Served]) -> Iterator[DriftReport]:
        counted = {one.digest: one for one in self.counted(night).parts if one.capability == capability}
        digests = sorted({*counted, *(digest for day, digest in served if day == night)})
        for digest in digests:
            tonight = self._tonight(capability, night, digest, counted.get(digest), served.get((night, digest)))
            yield report_night(tonight, self._reference(digest), self.policy)
        if not digests:
            nothing = Tonight(capability, night, Origin.GATEWAY, None, served=0)
            yield report_night(nothing, NoReference(Oddity.NO_REFERENCE, "no release served"), self.policy)

    def _tonight(
        self, capability: str, night: date, digest: str, counted: ServedDay | None, events: _Served | None
    ) -> Tonight:
        release = events.release if events else counted.release if counted else None
        # Where events are lost, what was counted is the better number.
        served = max(events.rows if events else 0, counted.rows if counted else 0)
        profile = counted.profile if counted else None
        conditions = tuple(_damaged(self.counted(night).damaged))
        return Tonight(capability, night, Origin.GATEWAY, profile, served, release, digest, conditions)

    def _served(self, capability: str, first: date) -> dict[tuple[date, str], _Served]:
        since = datetime.combine(first, time(), UTC)
        until = datetime.combine(self.night + _DAY, time(), UTC)
        return _by_night(read_events(self.store, Window(since, until), capability))

    def _reference(self, digest: str) -> Reference | NoReference:
        if digest not in self._references:
            self._references[digest] = reference_of(self.store, digest)
        return self._references[digest]


def reference_of(store: Store, digest: str) -> Reference | NoReference:
    """Return a release's reference, or why there is none. Raises `Unavailable` when the store can't be read."""
    try:
        manifest = fetch_manifest(store, digest)
        if LAYOUT not in manifest.files:
            said = "the release was made before releases held what their nights showed; release it again"
            return NoReference(Oddity.NO_REFERENCE, said)
        return Reference.read(*(read_bundle_file(store, manifest, name) for name in (LAYOUT, NIGHTS)))
    except (NotStored, IntegrityError) as error:
        return NoReference(Oddity.REFERENCE_GONE, f"the release's reference can't be read: {error.problem}")


def _main(reports: Sequence[DriftReport]) -> str:
    """Return the digest of the release that predicted most rows; empty where none did."""
    return max(reports, key=lambda one: (one.served or 0, one.digest)).digest


def _damaged(count: int) -> Iterator[Condition]:
    if count:
        yield Condition(oddity=Oddity.DAMAGED, said=f"{count:,} files or lines of what was counted are damaged")


def _by_night(events: pa.Table) -> dict[tuple[date, str], _Served]:
    import duckdb

    query = f"""
        select ("at" at time zone 'UTC')::date, digest, max(release), sum(rows)::bigint from events
        where kind = '{Kind.PREDICTION}' and ending = '{Ending.PREDICTED}' and rows > 0 group by all
    """  # noqa: S608
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("events", events)
        found = connection.execute(query).fetchall()
    return {(night, digest): _Served(release, rows) for night, digest, release, rows in found}
