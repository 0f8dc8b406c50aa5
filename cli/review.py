"""`roadworthy evalset review`: real queries that went badly, taken into an evaluation set by a person, or left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from cli.evalset import what_next
from cli.output import columns, print_json
from cli.releases import open_configured_store
from roadworthy.settings import Settings
from tasks.actor import local_actor
from tasks.review_queue import ReviewQueue, decide, review_queue


def list_waiting(capability: str, days: int, as_json: bool) -> int:
    """Print what waits, the most frequent first."""
    waiting = _queue(capability, days).waiting
    if as_json:
        print_json(list(waiting))
        return 0
    print(f"{len(waiting)} queries wait for a review" if waiting else "no query waits for a review")
    rows = [(one.id, f"{one.times} times", ", ".join(one.why), str(one.last), one.query) for one in waiting]
    for line in columns(rows):
        print(f"  {line}")
    return 0


def accept(capability: str, ids: tuple[str, ...], days: int, as_json: bool) -> int:
    """Take queries as drafts."""
    queue = _decided(capability, ids, days, "accepted", "", as_json)
    if not as_json:
        print(what_next(queue.places.drafts, queue.places.queries))
    return 0


def reject(capability: str, ids: tuple[str, ...], days: int, reason: str, as_json: bool) -> int:
    """Leave queries for good."""
    _decided(capability, ids, days, "rejected", reason, as_json)
    return 0


def _decided(
    capability: str,
    ids: tuple[str, ...],
    days: int,
    verdict: Literal["accepted", "rejected"],
    reason: str,
    as_json: bool,
) -> ReviewQueue:
    queue = _queue(capability, days)
    chosen = decide(queue, ids, verdict, local_actor().name, reason)
    if as_json:
        print_json({verdict: list(chosen), "drafts": queue.places.drafts, "reviewed": queue.places.reviewed})
    else:
        for one in chosen:
            print(f"{verdict}: {one.id}  {one.query}")
    return queue


def _queue(capability: str, days: int) -> ReviewQueue:
    since = datetime.now(UTC) - timedelta(days=days)
    return review_queue(open_configured_store(), Settings(), capability, since)
