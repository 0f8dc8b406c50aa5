"""The profile of a table's rows and the layout by which they were counted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property, reduce
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from roadworthy.canonical import canonical_json, readable_json
from roadworthy.drift.profile.categorical import CategoricalLayout, CategoricalProfile
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile
from roadworthy.errors import DataError

AnyLayout = Annotated[NumericLayout | CategoricalLayout, Field(discriminator="kind")]
AnyProfile = Annotated[NumericProfile | CategoricalProfile, Field(discriminator="kind")]


class Layout(BaseModel):
    """The columns that are watched, and the cells into which their values are counted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[AnyLayout, ...]

    @cached_property
    def digest(self) -> str:
        """The SHA-256 that names this layout: profiles merge and compare under one layout alone."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json"))).hexdigest()

    def to_bytes(self) -> bytes:
        """Return the layout as JSON; the same layout always gives the same bytes."""
        return readable_json(self.model_dump(mode="json"))

    def empty(self) -> Profile:
        """Return the profile of no rows, which changes nothing when it is merged."""
        return Profile(layout=self.digest, rows=0, columns={one.name: one.absent(0) for one in self.columns})


class Profile(BaseModel):
    """What was counted of a table's rows: a partition's, a night's, a month's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: str
    """The layout's digest."""
    rows: int
    columns: dict[str, AnyProfile]
    unknown: tuple[str, ...] = ()
    """Columns that are not in the layout, sorted."""

    def merge(self, other: Self) -> Self:
        """Return the profile of both parts' rows. Raises `DataError` when they were counted by different layouts."""
        if self.layout != other.layout:
            raise DataError(
                "profiles of two layouts can't be merged",
                where=f"layouts {self.layout[:12]} and {other.layout[:12]}",
                remedy="profile both parts again, with the layout of one reference",
            )
        return type(self)(
            layout=self.layout,
            rows=self.rows + other.rows,
            columns={name: _merged(one, other.columns[name]) for name, one in self.columns.items()},
            unknown=tuple(sorted({*self.unknown, *other.unknown})),
        )

    def to_bytes(self) -> bytes:
        """Return the profile as JSON; the same rows always give the same bytes, however they were cut into parts."""
        return readable_json(self.model_dump(mode="json"))


def merged(layout: Layout, profiles: Iterable[Profile]) -> Profile:
    """Return the profile of all parts' rows."""
    return reduce(Profile.merge, profiles, layout.empty())


def _merged(one: AnyProfile, other: AnyProfile) -> AnyProfile:
    if isinstance(one, NumericProfile) and isinstance(other, NumericProfile):
        return one.merge(other)
    if isinstance(one, CategoricalProfile) and isinstance(other, CategoricalProfile):
        return one.merge(other)
    raise TypeError("one layout gives one kind of profile")
