"""Scores and labels brought together in cohorts: the nights of the events, never of the labels' arrival."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.evaluation.metrics import Floats
from roadworthy.labels.database import database
from roadworthy.labels.judging import ROWS
from roadworthy.performance.cohorts import Cohort

if TYPE_CHECKING:
    import pyarrow as pa

_JOINED = """
    select coalesce(labels.event, "at")::date as night, digest, release, score,
           coalesce(labels.label::double, 'nan') as label,
           coalesce(epoch(labels.came) - epoch(coalesce(labels.event, "at")), 'nan') as delay
    from predicted left join labels using (request, "row") order by night, digest, "at", request, "row"
"""
_GROUPS = "select night, digest, max(release), count(*) from joined group by night, digest order by night, digest"


@dataclass(frozen=True)
class LabelledCohort:
    """What a release predicted of one night's events, and what came true so far."""

    night: date
    release: int
    digest: str
    scores: Floats
    labels: Floats
    """1, 0, or NaN where none has come; of the shape of `scores`, as `delays`."""
    delays: Floats
    """Seconds from the event to its label; NaN where none has come."""

    def thinned(self, most: int) -> Cohort:
        """Return the cohort, or so many of its rows, evenly picked in their order."""
        rows = len(self.scores)
        picked = slice(None) if rows <= most else (np.arange(most) * rows) // most
        return Cohort(self.night, self.scores[picked], self.labels[picked])


def joined(scores: pa.Table, labels: pa.Table) -> tuple[LabelledCohort, ...]:
    """Return the cohorts by night and digest, of tables as `read_scores` and `read_labels` return them.

    A row without a label, or whose label tells no event time, is an event of the request's own UTC date.
    """
    if not len(scores):
        return ()
    with database() as connection:
        connection.register("scores", scores)
        connection.register("labels", labels)
        connection.execute(ROWS)
        connection.execute(f"create temp table joined as {_JOINED}")
        groups = connection.execute(_GROUPS).fetchall()
        columns = connection.execute("select score, label, delay from joined order by rowid").fetchnumpy()
    found, start = [], 0
    for night, digest, release, rows in groups:
        part = slice(start, start + rows)
        arrays = (np.asarray(columns[name][part], np.float64) for name in ("score", "label", "delay"))
        found.append(LabelledCohort(night, release, digest, *arrays))
        start += rows
    return tuple(found)


def merged(parts: Iterable[LabelledCohort]) -> tuple[LabelledCohort, ...]:
    """Return the parts of the same night and digest together, by both."""
    together: dict[tuple[date, str], list[LabelledCohort]] = {}
    for one in parts:
        together.setdefault((one.night, one.digest), []).append(one)
    return tuple(_merged(together[key]) for key in sorted(together))


def _merged(parts: list[LabelledCohort]) -> LabelledCohort:
    first = parts[0]
    return LabelledCohort(
        first.night,
        max(one.release for one in parts),
        first.digest,
        np.concatenate([one.scores for one in parts]),
        np.concatenate([one.labels for one in parts]),
        np.concatenate([one.delays for one in parts]),
    )
