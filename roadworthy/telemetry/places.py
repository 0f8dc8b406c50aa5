"""Where telemetry lies in the store: a folder for each UTC date, contents apart from events."""

from __future__ import annotations

from datetime import date

EVENTS = "telemetry/events"
CONTENTS = "telemetry/content"
"""A folder of its own, so that a bucket's rule can let contents expire sooner than events."""
EMBEDDINGS = "telemetry/embeddings"
"""What an embedder makes of contents, for drift of topics; kept as long as contents."""
SCORES = "telemetry/scores"
"""What was said of each predicted row; apart from events, which every night reads for weeks."""
LABELS = "telemetry/labels"
"""What came true of predicted rows, by the date of the request. Scores and labels are kept as long as events."""
PROFILES = "telemetry/profiles"
"""What was counted of predicted rows; holds no contents, and is kept as long as events."""


def folder(kind: str, day: date) -> str:
    """Return the prefix of a day's files, such as `telemetry/events/date=2026-11-23/`."""
    return f"{kind}/date={day.isoformat()}/"


def key(kind: str, day: date, segment: str) -> str:
    """Return the key of what was in a segment of that day."""
    return f"{folder(kind, day)}{segment}.parquet"
