"""The profile of a day's served rows of one release, and what of it may be kept: shares, never a row's own value."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict

from roadworthy.drift.profile.categorical import LONGEST_NAME, CategoricalProfile, Newcomer
from roadworthy.drift.profile.numeric import NumericProfile
from roadworthy.drift.profile.profile import AnyProfile, Profile
from roadworthy.guardrails.redaction import redact

FEWEST_ROWS = 20
"""What was counted of fewer rows, or of fewer values of a column, could tell what one of them said."""
FEWEST_NAMED = 5
"""A new category that fewer rows have is counted, and not named: it may be somebody's name."""
NOT_NAMED = "[not named]"
"""New categories of many rows that are, or may be, an identifier: together one, so that nobody takes them for many."""


class ServedDay(BaseModel):
    """What was counted of the rows that a release predicted on one UTC day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    capability: str
    release: int
    digest: str
    """The release's digest."""
    day: date
    rows: int
    """All rows; more than the profile's when some were withheld."""
    profile: Profile | None
    """None where all of them were withheld."""
    scores: NumericProfile | None

    @property
    def key(self) -> tuple[str, str, date]:
        """Parts with the same key are parts of the same day."""
        return self.capability, self.digest, self.day

    def merge(self, other: Self) -> Self:
        """Return both parts together. Raises `DataError` when they were counted in different cells."""
        profile, scores = self.profile or other.profile, self.scores or other.scores
        if self.profile is not None and other.profile is not None:
            profile = self.profile.merge(other.profile)
        if self.scores is not None and other.scores is not None:
            scores = self.scores.merge(other.scores)
        return self.model_copy(update={"rows": self.rows + other.rows, "profile": profile, "scores": scores})

    def kept(self) -> Self:
        """Return what may be kept for long: nothing of few rows, no extremes, no names of rare categories."""
        if self.profile is None or self.profile.rows < FEWEST_ROWS:
            return self.model_copy(update={"profile": None, "scores": None})
        columns = {name: _without_rare(one) for name, one in self.profile.columns.items()}
        return self.model_copy(
            update={
                "profile": self.profile.model_copy(update={"columns": columns}),
                "scores": None if self.scores is None else _without_extremes(self.scores),
            }
        )


def _without_rare(column: AnyProfile) -> AnyProfile:
    if isinstance(column, CategoricalProfile):
        return column.naming(_name)
    return _without_extremes(column)


def _without_extremes(column: NumericProfile) -> NumericProfile:
    update: dict[str, object] = {"minimum": None, "maximum": None}
    if column.usable < FEWEST_ROWS:
        # The sum over a single value is that value. The column's mean then counts as the reference's.
        update |= {"total": 0, "squares": 0}
    return column.model_copy(update=update)


def _name(one: Newcomer) -> str | None:
    """Return how a new category may be called; None for a rare one."""
    if one.count < FEWEST_NAMED:
        return None
    # What was cut off may be the end of an identifier, which nobody recognises without it.
    whole = len(one.category) < LONGEST_NAME
    return one.category if whole and not redact(one.category).counts else NOT_NAMED
