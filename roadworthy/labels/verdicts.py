"""What becomes of each row of a file of labels, and what to do about those that can't be used."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from roadworthy.evaluation.values import Value


class LabelVerdict(StrEnum):
    """What became of one row."""

    ADDED = "added"
    LATE = "late"
    """Kept, and it came so late that the drift of labels leaves it out."""
    CORRECTED = "corrected"
    """Kept beside an earlier one that said otherwise; the later one counts."""
    KNOWN = "known"
    """Kept already, and it said the same."""
    REPEATED = "repeated"
    """The file says the same twice."""
    NO_LABEL = "no_label"
    """The row has no label yet."""
    CONTRADICTORY = "contradictory"
    """The file says both of one row."""
    UNKNOWN_REQUEST = "unknown_request"
    UNKNOWN_ROW = "unknown_row"
    """The request is known and had fewer rows."""
    WRONG_VALUE = "wrong_value"
    WRONG_ROW = "wrong_row"
    WRONG_TIME = "wrong_time"
    """The event's time is none, or can't be: long before the request, long after it, or not yet."""

    @property
    def kept(self) -> bool:
        """Whether the row was stored."""
        return self in (LabelVerdict.ADDED, LabelVerdict.LATE, LabelVerdict.CORRECTED)

    @property
    def refused(self) -> bool:
        """Whether somebody has to mend the row."""
        return self in REMEDIES


REMEDIES: Mapping[LabelVerdict, str] = {
    LabelVerdict.CONTRADICTORY: "decide which label is right, and give the row once",
    LabelVerdict.UNKNOWN_REQUEST: "give x-request-id of the prediction, or the key that came with it; "
    "when it was made on another machine, run this again after its telemetry is sealed",
    LabelVerdict.UNKNOWN_ROW: "count rows of a request from 0",
    LabelVerdict.WRONG_VALUE: "write 1 or true for what the model predicts, 0 or false for the rest",
    LabelVerdict.WRONG_ROW: "give the row's number in its request, from 0",
    LabelVerdict.WRONG_TIME: "give the event's own time in ISO 8601, UTC unless it says",
}
"""By verdict that refuses a row, what to do."""
FIELDS: Mapping[LabelVerdict, str] = {
    LabelVerdict.CONTRADICTORY: "label",
    LabelVerdict.UNKNOWN_REQUEST: "request",
    LabelVerdict.UNKNOWN_ROW: "row",
    LabelVerdict.WRONG_VALUE: "label",
    LabelVerdict.WRONG_ROW: "row",
    LabelVerdict.WRONG_TIME: "event_time",
}
"""By verdict that refuses a row, the field that is wrong."""


class Refusal(Value):
    """One row that was refused."""

    where: str
    """File, row (from 1, without the header) and column."""
    verdict: LabelVerdict
    given: str
    """What the field says, shortened."""
    remedy: str


class AddedLabels(Value):
    """What adding a file did."""

    file: str
    capability: str
    rows: int
    counts: dict[LabelVerdict, int]
    """Of verdicts that some row has."""
    refusals: tuple[Refusal, ...] = ()
    """The first ones."""

    @property
    def kept(self) -> int:
        """Rows that were stored."""
        return sum(count for verdict, count in self.counts.items() if verdict.kept)

    @property
    def refused(self) -> int:
        """Rows that somebody has to mend."""
        return sum(count for verdict, count in self.counts.items() if verdict.refused)
