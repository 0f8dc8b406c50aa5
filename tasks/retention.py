"""Removes telemetry, alerts, caches and logs that are older than the policy allows, and proves that none is left."""

# Late imports: start-up time.
from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from roadworthy.alerts.log import AlertLog
from roadworthy.drift.served.interface import COUNTED
from roadworthy.errors import DataError, StepFailed
from roadworthy.params.retention import RetentionParams
from roadworthy.store import Store, explaining
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.places import CONTENTS, EMBEDDINGS, EVENTS, LABELS, PROFILES, SCORES
from roadworthy.telemetry.segments import claimed, segments_in
from tasks.cache_retention import expired_caches
from tasks.probes import PROBES

_DATED_KEY = re.compile(r"(?:[^/]+/)?date=(\d{4}-\d{2}-\d{2})(?:/|\.json$)")
_DATED_SEGMENT = re.compile(r"(\d{8})T\d{6}-")
_DATED_LOG = re.compile(r"\.(\d{4}-\d{2}-\d{2})\.log$")
_NO_LOGS = ("store", "cache")
_AS_EVENTS = (EVENTS, SCORES, LABELS, PROFILES, PROBES)
"""What is kept as long as events."""


@dataclass(frozen=True)
class Swept:
    """How many files of each kind a sweep removed."""

    contents: int
    """Of contents, and of what an embedder made of them."""
    events: int
    """Of events, of what was counted, scored and labelled of predicted rows, and of what nights keep to compare."""
    segments: int
    """Of telemetry that could not be brought into the store within the time for contents."""
    logs: int
    caches: int = 0
    """Answers of models and traces of rehearsals below HOME."""
    alerts: int = 0
    """Entries of the log of alerts."""


@dataclass(frozen=True)
class Expired:
    """What is older than the policy allows, or of an age that nobody knows."""

    contents: tuple[str, ...]
    events: tuple[str, ...]
    segments: tuple[Path, ...]
    logs: tuple[Path, ...]
    caches: tuple[Path, ...]
    alerts: tuple[str, ...]
    undated: tuple[str, ...]
    """Keys below telemetry/ and watch/ without a date: left alone, and reported."""

    def __bool__(self) -> bool:
        """Tell whether anything has to go."""
        return bool(self.everything)

    @property
    def everything(self) -> tuple[str | Path, ...]:
        """All of it, in the order in which it goes."""
        return (*self.contents, *self.events, *self.alerts, *self.segments, *self.logs, *self.caches)


def sweep(store: Store, home: Path, policy: RetentionParams, today: date) -> Swept:
    """Remove what `scan` finds, then scan again.

    Run twice, or by two at once, it ends the same. Raises `StepFailed` when something older is left, `DataError` when
    something has no date, and `Unavailable` when store or disk can't be used.
    """
    from roadworthy.drift.served.sealing import seal_counts
    from roadworthy.telemetry.sealing import seal_segments

    seal_segments(home / OPEN, store)
    seal_counts(home / COUNTED, store)
    _rotate_logs(home, today)
    found = scan(store, home, policy, today)
    for key in (*found.contents, *found.events, *found.alerts):
        store.remove(key)
    segments = sum(_removed(path) for path in found.segments)
    for path in (*found.logs, *found.caches):
        with explaining(path):
            path.unlink(missing_ok=True)
    _refuse(scan(store, home, policy, today))
    counts = (len(some) for some in (found.logs, found.caches, found.alerts))
    return Swept(len(found.contents), len(found.events), segments, *counts)


def scan(store: Store, home: Path, policy: RetentionParams, today: date) -> Expired:
    """Find what is older than the policy allows, everywhere it is written; nothing is changed."""
    content_end, event_end, log_end, cache_end = (
        today - timedelta(days) for days in (policy.content_days, policy.event_days, policy.log_days, policy.cache_days)
    )
    contents = {**_dated(store, CONTENTS), **_dated(store, EMBEDDINGS)}
    events = {key: day for kind in _AS_EVENTS for key, day in _dated(store, kind).items()}
    kept = {*contents, *events}
    return Expired(
        contents=tuple(key for key, day in contents.items() if day < content_end),
        events=tuple(key for key, day in events.items() if day < event_end),
        segments=tuple(path for path, day in _segments(home) if day < content_end),
        logs=tuple(path for path, day in _logs(home) if day is not None and day < log_end),
        caches=expired_caches(store, home, cache_end),
        alerts=AlertLog(store).expired(datetime.combine(event_end, time(), UTC)),
        undated=tuple(key for folder in ("telemetry/", "watch/") for key in store.keys(folder) if key not in kept),
    )


def utc_today() -> date:
    """Return the date by which telemetry is filed."""
    return datetime.now(UTC).date()


def _refuse(left: Expired) -> None:
    if left:
        raise StepFailed(
            "something is left that is older than `retention` in params.yaml allows",
            where=str(left.everything[0]),
            remedy="run it again; when it stays so, somebody writes there with a wrong clock, or holds it open",
        )
    if left.undated:
        raise DataError(
            f"{len(left.undated)} keys of telemetry have no date, so that nobody knows when they have to go",
            where=left.undated[0],
            remedy="remove them by hand; Roadworthy writes none without `date=YYYY-MM-DD`",
        )


def _dated(store: Store, kind: str) -> dict[str, date]:
    found = {key: _DATED_KEY.match(key, len(kind) + 1) for key in store.keys(f"{kind}/")}
    return {key: day for key, match in found.items() if match and (day := _date(match[1]))}


def _segments(home: Path) -> Iterator[tuple[Path, date]]:
    for path in (*segments_in(home / OPEN), *segments_in(home / COUNTED)):
        match = _DATED_SEGMENT.match(path.name)
        if match and (day := _date(match[1])):
            yield path, day


def _logs(home: Path) -> Iterator[tuple[Path, date | None]]:
    """Return the logs below HOME, those that are written now without a date."""
    for path in sorted((*home.glob("*.log"), *home.glob("*/*.log"))):
        if path.parent.name not in _NO_LOGS:
            match = _DATED_LOG.search(path.name)
            yield path, _date(match[1]) if match else None


def _date(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def _removed(path: Path) -> bool:
    """Remove a segment unless its writer is alive."""
    with explaining(path), claimed(path) as content:
        if content is None:
            return False
        path.unlink(missing_ok=True)
        return True


def _rotate_logs(home: Path, today: date) -> None:
    """Give what was logged so far the date on which it was set aside.

    Copied and then cut, as logrotate's `copytruncate` does: servers keep their logs open, and append to them.
    """
    for path, day in list(_logs(home)):
        if day is None and path.stat().st_size:
            with explaining(path), path.open("rb") as log, path.with_suffix(f".{today}.log").open("ab") as aside:
                shutil.copyfileobj(log, aside)
                os.truncate(path, 0)
