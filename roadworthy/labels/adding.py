"""Adds a file of labels to the store: each row gets a verdict, and what can be joined is kept, once."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.labels.database import database
from roadworthy.labels.judging import FIRST_OF_KEY, GIVEN_BY_KEY, GIVEN_BY_ROW, ROWS, judged
from roadworthy.labels.reading import OutcomeColumns, read_outcomes
from roadworthy.labels.segments import read_labels, write_labels
from roadworthy.labels.settings import LabelSettings
from roadworthy.labels.verdicts import FIELDS, REMEDIES, AddedLabels, LabelVerdict, Refusal
from roadworthy.store import Store
from roadworthy.telemetry.reading import Window, read_scores
from roadworthy.telemetry.request_ids import made_at

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_REFUSALS = 20
_LONGEST_GIVEN = 60
_EDGE = timedelta(minutes=1)
"""An id is made a moment before the request's time is taken."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class LabelDesk:
    """Takes labels of one store."""

    store: Store
    segments: Path | None = None
    """The folder of telemetry that is not sealed yet."""
    settings: LabelSettings = field(default_factory=LabelSettings)
    digest_of: Callable[[str, str], str] | None = None
    """Gives the digest of a capability's key, as telemetry has it (`Pseudonymiser.of_key`)."""
    clock: Callable[[], datetime] = _now

    def add(self, capability: str, path: Path, columns: OutcomeColumns | None = None) -> AddedLabels:
        """Keep the labels in the file at `path`; see `LabelVerdict` for what becomes of each row.

        Each day's labels are stored in one step; killed and run again, the end is the same. Raises `DataError` for a
        file that can't be used at all, `IntegrityError` for damaged telemetry, and `Unavailable`.
        """
        columns, now = columns or OutcomeColumns(), self.clock()
        outcomes = _numbered(read_outcomes(path, columns))
        by_key = columns.key is not None
        days = self._recent_days(now) if by_key else _days_of(outcomes["request"].to_pylist())
        if by_key:
            outcomes = self._with_digests(outcomes, capability)
        rows = self._judged(capability, outcomes, days, now, by_key)
        _keep(self.store, capability, rows)
        return _summary(rows, path, capability, columns)

    def _judged(
        self, capability: str, outcomes: pa.Table, days: Sequence[date], now: datetime, by_key: bool
    ) -> pa.Table:
        with database() as connection:
            connection.register("outcomes", outcomes)
            connection.register("scores", self._scores(capability, days))
            connection.register("known", read_labels(self.store, capability, days).table)
            connection.execute(ROWS)
            connection.execute(FIRST_OF_KEY)
            delay, ahead = timedelta(days=self.settings.delay_days), timedelta(days=self.settings.ahead_days)
            query = judged(GIVEN_BY_KEY if by_key else GIVEN_BY_ROW)
            return connection.sql(query, params={"now": now, "delay": delay, "ahead": ahead}).to_arrow_table()

    def _scores(self, capability: str, days: Sequence[date]) -> pa.Table:
        import pyarrow as pa

        windows = [Window(_midnight(day), _midnight(day) + timedelta(days=1)) for day in days]
        nothing = Window(_midnight(date(2000, 1, 1)), _midnight(date(2000, 1, 1)))
        # Day by day: between two of them there may be a year.
        found = [read_scores(self.store, one, capability, self.segments) for one in windows or [nothing]]
        return pa.concat_tables(found)

    def _recent_days(self, now: datetime) -> list[date]:
        """Return the days in which keys are looked for, which say nothing of their time."""
        today = now.astimezone(UTC).date()
        return [today - timedelta(days=back) for back in reversed(range(self.settings.key_days))]

    def _with_digests(self, outcomes: pa.Table, capability: str) -> pa.Table:
        import pyarrow as pa

        assert self.digest_of is not None, "labels by key need the digest that telemetry has"  # noqa: S101
        digests = [key and self.digest_of(capability, key) for key in outcomes["request"].to_pylist()]
        return outcomes.append_column("digest", pa.array(digests, pa.string()))


def _numbered(outcomes: pa.Table) -> pa.Table:
    import pyarrow as pa

    return outcomes.append_column("n", pa.array(range(1, len(outcomes) + 1), pa.int64()))


def _days_of(requests: Sequence[str | None]) -> list[date]:
    """Return the days of which the ids say that they are."""
    times = [made for one in set(requests) if one and (made := made_at(one)) is not None]
    return sorted({moment.date() for made in times for moment in (made, made + _EDGE)})


def _keep(store: Store, capability: str, rows: pa.Table) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    kept = rows.filter(pc.is_in(rows["verdict"], pa.array([one.value for one in LabelVerdict if one.kept])))
    dates = kept["at"].cast(pa.date32())
    table = kept.select(["request", "row", "value", "event", "came"]).rename_columns({"value": "label"})
    for day in sorted(pc.unique(dates).to_pylist()):
        write_labels(store, capability, day, table.filter(pc.equal(dates, day)))


def _summary(rows: pa.Table, path: Path, capability: str, columns: OutcomeColumns) -> AddedLabels:
    import pyarrow as pa
    import pyarrow.compute as pc

    counted = {LabelVerdict(one["values"]): one["counts"] for one in pc.value_counts(rows["verdict"]).to_pylist()}
    refused = rows.filter(pc.is_in(rows["verdict"], pa.array([one.value for one in REMEDIES]))).slice(0, _MOST_REFUSALS)
    return AddedLabels(
        file=path.name,
        capability=capability,
        rows=len(rows),
        counts={one: counted[one] for one in LabelVerdict if one in counted},
        refusals=tuple(
            _refusal(row, path, columns)
            for row in refused.select(["n", "verdict", "named", "row_text", "label", "event_text"]).to_pylist()
        ),
    )


def _refusal(row: dict[str, object], path: Path, columns: OutcomeColumns) -> Refusal:
    verdict = LabelVerdict(str(row["verdict"]))
    ours = FIELDS[verdict]
    said = {"request": "named", "row": "row_text", "label": "label", "event_time": "event_text"}[ours]
    return Refusal(
        where=f"{path}: row {row['n']}: {columns.of_field(ours)}",
        verdict=verdict,
        given=str(row[said] or "")[:_LONGEST_GIVEN],
        remedy=REMEDIES[verdict],
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
