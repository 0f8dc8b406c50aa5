"""The sections about data: where it comes from, what must hold of it, how it becomes rows to learn from."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from roadworthy.params.base import Column, Identifier, RelativePath, Section, Sha256


class Source(Section):
    """One table and where it comes from."""

    uri: str = Field(min_length=1)
    """A path, an s3:// or https:// address, or a package URL: pkg:pypi/NAME@VERSION#FILE/IN/THE/ARCHIVE."""
    sha256: Sha256
    """The digest of the file that `uri` names, as fetched."""
    format: Literal["csv", "json", "parquet"]
    """How it is read; a .zip, .gz or .zst around a CSV or JSON is unpacked by its name's ending.

    json: an array of objects, or one object a line; texts instead of objects go to the one declared column."""
    columns: dict[Column, str] = {}
    """Each column's DuckDB type, in order. Declared columns are enforced; without them types are inferred.

    JSON needs them: which keys are columns, and what an empty list is a list of, can't be told from the file."""
    null_values: tuple[str, ...] = ("",)
    """What a CSV writes where a value is missing."""

    @model_validator(mode="after")
    def _json_declares_columns(self) -> Self:
        if self.format == "json" and not self.columns:
            raise ValueError("a source of the format json needs its columns declared")
        return self


class IngestParams(Section):
    """Where the tables come from."""

    sources: dict[Identifier, Source] = Field(min_length=1)


class TableExpectations(Section):
    """What must hold of one table."""

    suite: RelativePath
    """A Great Expectations suite as JSON: severity critical stops the release, warning quarantines rows."""
    derived: dict[Column, str] = {}
    """Columns that only the suite sees, each a DuckDB expression over the table's own columns."""
    quarantine_budget: float = Field(default=0.01, ge=0, le=1)
    """The largest share of rows that may go to quarantine before the release stops."""


class ValidateParams(Section):
    """What must hold of each table; a table that is not named here passes as it is."""

    tables: dict[Identifier, TableExpectations] = {}


class Window(Section):
    """A span of time: from `start` (included) to `end` (not included), in UTC unless it says otherwise."""

    start: datetime
    end: datetime

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"the window ends ({self.end}) before it starts ({self.start})")
        return self


class Windows(Section):
    """Which rows train the model and which evaluate it, by time."""

    train: Window
    evaluate: Window

    @model_validator(mode="after")
    def _do_not_overlap(self) -> Self:
        if self.evaluate.start < self.train.end and self.train.start < self.evaluate.end:
            raise ValueError("the windows overlap: rows would both train and evaluate the model")
        return self


class Split(Section):
    """Which rows train the model and which evaluate it, by chance."""

    seed: int
    evaluate_share: float = Field(default=0.25, gt=0, lt=1)
    # Left out of records where it is not given: releases without it keep their digests.
    by: Column | None = Field(default=None, exclude_if=lambda column: column is None)
    """The column whose equal values stay together (a customer, texts that are nearly the same); the keys without it."""


class Label(Section):
    """What the model learns to predict."""

    column: Column
    positive: str | int | bool = True
    """The value that counts as positive; every other value that is not missing counts as negative."""


class Features(Section):
    """What the model may look at."""

    categorical: tuple[Column, ...] = ()
    numeric: tuple[Column, ...] = ()
    # Left out of records where there is none: releases without texts keep their digests.
    text: tuple[Column, ...] = Field(default=(), exclude_if=lambda columns: not columns)
    """Columns of free text; `train.text` says how they are read."""

    @model_validator(mode="after")
    def _at_least_one_and_none_twice(self) -> Self:
        names = [*self.categorical, *self.numeric, *self.text]
        if not names:
            raise ValueError("no feature is named")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        return self


class PrepareParams(Section):
    """How validated tables become rows to learn from."""

    query: RelativePath | None = None
    """A DuckDB query over the tables; may be left out when there is one table."""
    keys: tuple[Column, ...] = Field(min_length=1)
    """The columns that name a row; they fix the order of the rows, and no two rows may share them."""
    time_column: Column | None = None
    windows: Windows | None = None
    split: Split | None = None
    label: Label
    features: Features
    keep: tuple[Column, ...] = ()
    """Further columns that evaluation needs (segments, the unit of resampling) and the model does not see."""

    @model_validator(mode="after")
    def _windows_or_split(self) -> Self:
        if (self.time_column is None) != (self.windows is None):
            raise ValueError("time_column and windows go together: give both, or neither")
        if (self.windows is None) == (self.split is None):
            raise ValueError("give either time_column with windows, or split")
        return self
