"""Requests that a model answered, sealed as the gateway leaves them, and files of labels for them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from roadworthy.store import Store
from roadworthy.telemetry.event import Ending, Event, Kind
from roadworthy.telemetry.lines import event_line
from roadworthy.telemetry.request_ids import RequestIds
from roadworthy.telemetry.sealing import seal_segments


def predicted(
    at: datetime, scores: Sequence[float], keys: Sequence[str] = (), capability: str = "flight-delay"
) -> Event:
    """Return the event of one request."""
    return Event(
        RequestIds(b"k" * 32, at.timestamp).new(), at, Kind.PREDICTION, Ending.PREDICTED, 200, 0.01,
        capability=capability, release=1, digest="d" * 64, arm="production", rows=len(scores),
        scores=tuple(scores), keys=tuple(keys),
    )  # fmt: skip


def seal(folder: Path, store: Store, events: Sequence[Event]) -> None:
    """Bring the events into the store, by way of a segment."""
    folder.mkdir(exist_ok=True)
    (folder / f"{events[0].id}.jsonl").write_bytes(b"".join(map(event_line, events)))
    seal_segments(folder, store)


def labels_file(path: Path, rows: Sequence[Sequence[object]], header: str = "request row label event_time") -> Path:
    """Write a CSV and return its path; fields that a row does not have are empty."""
    names = header.split()
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *((*row, *[""] * (len(names) - len(row))) for row in rows)])
    return path
