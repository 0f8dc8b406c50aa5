"""The drift report of one night: a verdict, features ranked by how much they moved, and what was odd about the rows."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import field_serializer

from roadworthy.canonical import readable_json
from roadworthy.drift.effects import Aspect
from roadworthy.drift.evidence.interface import Basis
from roadworthy.drift.verdicts import Verdict
from roadworthy.evaluation.values import Value, stable


class NightSaid(StrEnum):
    """What is said of a night's drift; the last one needs somebody most."""

    STEADY = "steady"
    """No more change than nights have by themselves, in all rows that were served."""
    NO_ROWS = "no_rows"
    """Nobody asked for a prediction. Not a good sign, and no sign of drift."""
    TOO_FEW = "too_few"
    """There were rows, but too few to say anything."""
    WATCH = "watch"
    """A change with too little evidence or too small an effect for an alarm, or rows that somebody should look at."""
    NOT_JUDGED = "not_judged"
    """There were rows, and nothing to compare them with, or nothing was kept of them: `conditions` says what."""
    DRIFT = "drift"
    """A change that matters and is not chance: an alarm."""


class Origin(StrEnum):
    """From where a night's rows are known."""

    GATEWAY = "gateway"
    """Counted by the gateway while it served them."""
    DATA = "data"
    """Taken from the capability's data, as a replay does."""


class Oddity(StrEnum):
    """What can be odd about a night's rows or its reference; each has its own line in the report."""

    NO_ROWS = "no_rows"
    SMALL_NIGHT = "small_night"
    PART_OF_THE_NIGHT = "part_of_the_night"
    """Fewer rows were counted than were served."""
    NOTHING_COUNTED = "nothing_counted"
    """Rows were served, and nothing was counted of them."""
    NO_REFERENCE = "no_reference"
    """The release was made before releases held one."""
    REFERENCE_GONE = "reference_gone"
    """The release names a reference that can't be read."""
    OTHER_LAYOUT = "other_layout"
    """Rows were counted in cells that are not those of the reference."""
    DAMAGED = "damaged"
    """A file or a line of what was counted can't be read, and was left out."""
    COLUMN_GONE = "column_gone"
    COLUMN_UNKNOWN = "column_unknown"
    """A column that the reference does not have."""
    EMPTY_COLUMN = "empty_column"
    """It had values in the reference, and has none tonight."""
    STUCK_COLUMN = "stuck_column"
    """It varied in the reference, and has one single value tonight."""
    CONSTANT_REFERENCE = "constant_reference"
    """It never varied in the reference: only other values and gaps can be told."""
    NEW_CATEGORIES = "new_categories"
    CATEGORY_EXPLOSION = "category_explosion"
    """So many new categories that it looks like another column, an identifier, or an attack."""
    NOT_FINITE = "not_finite"
    """NaN and the infinities, where numbers belong."""
    UNREADABLE = "unreadable"
    """Something that is no number, where numbers belong."""


class Condition(Value):
    """Something odd about a night's rows or its reference."""

    oddity: Oddity
    column: str | None = None
    """None where it is about the whole night."""
    said: str
    """In one line, for people; names no value of a row but categories."""
    harmless: bool = False
    """Whether it alone is no reason to look."""


class CellMove(Value):
    """A bin or a category whose share changed."""

    cell: str
    before: float
    """Its share of the reference's values, 0 to 1."""
    after: float
    """Its share of tonight's values."""
    contribution: float
    """Its part of the population stability index, in nats."""

    @field_serializer("before", "after", "contribution")
    def _stable(self, number: float) -> float:
        return stable(number)


class ColumnDrift(Value):
    """One feature, as `roadworthy.drift.effects` and `roadworthy.drift.verdicts` explain it."""

    name: str
    verdict: Verdict
    aspect: Aspect
    """In which way it changed most, beside what would matter."""
    importance: float
    """The largest effect beside what would matter: from 1 on it matters. Columns are ranked by it, alarms first."""
    psi: float
    jensen_shannon: float
    kolmogorov_smirnov: float | None = None
    mean_difference: float | None = None
    """In standard deviations; None for what is no number, and where it is endless."""
    missing: float
    """The change of the share of rows without a usable value."""
    unseen: float
    """The change of the share of values that the reference never showed."""
    p_value: float
    adjusted: float
    """The p-value for an alarm, adjusted for all columns; 1 where no effect is large enough."""
    basis: Basis
    rows: int
    usable: int
    """Rows with a value that the column's kind allows."""
    moves: tuple[CellMove, ...]
    """The cells that moved most, largest first; empty for a steady column."""
    cause: str
    """What moved, in one line."""

    @field_serializer(
        "importance", "psi", "jensen_shannon", "kolmogorov_smirnov", "mean_difference", "missing", "unseen",
        "p_value", "adjusted",
    )  # fmt: skip
    def _stable(self, number: float | None) -> float | None:
        return None if number is None else stable(number)


class ReferenceNights(Value):
    """What a night is compared with."""

    first: date | None
    """None where the reference's rows have no time: then they count as one night."""
    last: date | None
    nights: int
    """Those that tonight was compared with: those of its season, or all."""
    rows: int


class DriftReport(Value):
    """What a night says about the drift of one release's inputs."""

    capability: str
    night: date
    origin: Origin
    release: int | None
    """The release's number; None where none served."""
    digest: str
    """The release's digest, empty where none served."""
    verdict: NightSaid
    rows: int
    """Rows that were counted."""
    served: int | None
    """Rows that were predicted; None where nobody knows."""
    reference: ReferenceNights | None
    level: float
    """The probability of an alarm on a night on which nothing has changed, at most."""
    columns: tuple[ColumnDrift, ...]
    """Ranked: those with an alarm first, then by importance."""
    conditions: tuple[Condition, ...]

    @property
    def causes(self) -> tuple[str, ...]:
        """What moved in the columns that raise the alarm, the largest change first."""
        return tuple(one.cause for one in self.columns if one.verdict is Verdict.DRIFT)

    @field_serializer("level")
    def _stable(self, number: float) -> float:
        return stable(number)

    def to_bytes(self) -> bytes:
        """Return the report as JSON; the same night always gives the same bytes."""
        return readable_json(self.model_dump(mode="json"))
