"""Finds what is odd about a night's rows: columns that are gone, stuck or exploded, and values that are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.profile.categorical import CategoricalLayout, CategoricalProfile
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile
from roadworthy.drift.profile.profile import AnyLayout, AnyProfile, Profile
from roadworthy.drift.reference import Reference
from roadworthy.drift.report import Condition, Oddity
from roadworthy.drift.served.day import FEWEST_NAMED

_FEWEST_STUCK = 20
"""Rows that all have one value by chance are fewer."""
_NAMED = 5
"""So many new categories are named."""
_EXPLOSION = 20
"""As many new categories are one, where the reference had no more."""


@dataclass(frozen=True)
class _Column:
    layout: AnyLayout
    tonight: AnyProfile
    past: tuple[AnyProfile, ...]
    """By night of the reference."""

    def odd(self, oddity: Oddity, said: str, *, harmless: bool = False) -> Condition:
        return Condition(oddity=oddity, column=self.layout.name, said=f"{self.layout.name}: {said}", harmless=harmless)


def odd_columns(tonight: Profile, reference: Reference, policy: AlarmPolicy) -> tuple[Condition, ...]:
    """Return what is odd about the columns of a night that has rows, in the layout's order."""
    found = [
        condition
        for layout in reference.layout.columns
        for condition in _odd(
            _Column(
                layout,
                tonight.columns[layout.name],
                tuple(one.profile.columns[layout.name] for one in reference.nights),
            ),
            policy,
        )
    ]
    unknown = [
        Condition(oddity=Oddity.COLUMN_UNKNOWN, column=name, said=f"{name}: the reference has no such column")
        for name in tonight.unknown
    ]
    return (*found, *unknown)


def _odd(column: _Column, policy: AlarmPolicy) -> Iterator[Condition]:
    yield from _gaps(column)
    if isinstance(column.tonight, NumericProfile):
        yield from _no_numbers(column, column.tonight)
    if isinstance(column.layout, CategoricalLayout) and isinstance(column.tonight, CategoricalProfile):
        yield from _newcomers(column, column.layout, column.tonight, policy)
    yield from _single_values(column)


def _gaps(column: _Column) -> Iterator[Condition]:
    tonight = column.tonight
    if tonight.absent:
        yield column.odd(Oddity.COLUMN_GONE, f"{tonight.absent:,} of {tonight.rows:,} rows come without this column")
    elif not tonight.usable and any(one.usable for one in column.past):
        yield column.odd(Oddity.EMPTY_COLUMN, f"none of {tonight.rows:,} rows has a value")


def _no_numbers(column: _Column, tonight: NumericProfile) -> Iterator[Condition]:
    for oddity, count, what in (
        (Oddity.NOT_FINITE, tonight.not_finite, "are NaN or infinite"),
        (Oddity.UNREADABLE, tonight.unreadable, "are no numbers"),
    ):
        if count:
            yield column.odd(oddity, f"{count:,} of {tonight.rows:,} values {what}")


def _newcomers(
    column: _Column, layout: CategoricalLayout, tonight: CategoricalProfile, policy: AlarmPolicy
) -> Iterator[Condition]:
    if not tonight.unseen:
        return
    ranked = sorted(tonight.newcomers, key=lambda one: (-one.count, one.category))
    unnamed = tonight.unlisted - sum(one.count for one in ranked)
    # Those without a name have fewer rows each.
    distinct = len(ranked) + -(-unnamed // (FEWEST_NAMED - 1))
    named = ", ".join(f"{one.category} ({one.count:,})" for one in ranked[:_NAMED])
    share = tonight.unseen / tonight.usable
    said = f"{tonight.unseen:,} rows ({share:.2%}) of new categories" + (f": {named}" if named else "")
    yield column.odd(Oddity.NEW_CATEGORIES, said, harmless=share < policy.thresholds.unseen)
    if distinct >= max(_EXPLOSION, len(layout.categories)):
        had = f"the reference had {len(layout.categories):,}"
        yield column.odd(Oddity.CATEGORY_EXPLOSION, f"at least {distinct:,} new categories; {had}")


def _single_values(column: _Column) -> Iterator[Condition]:
    if _is_constant(column.layout):
        yield column.odd(Oddity.CONSTANT_REFERENCE, "it has one value in the reference", harmless=True)
        return
    # A column such as the day of the week has one value on every night.
    usual = 2 * sum(_has_one_value(one) for one in column.past) > len(column.past)
    if column.tonight.usable >= _FEWEST_STUCK and _has_one_value(column.tonight) and not usual:
        yield column.odd(Oddity.STUCK_COLUMN, f"all {column.tonight.usable:,} values are the same")


def _is_constant(layout: AnyLayout) -> bool:
    if isinstance(layout, NumericLayout):
        return layout.lowest is None or layout.lowest == layout.edges[-1]
    return layout.complete and len(layout.categories) <= 1


def _has_one_value(profile: AnyProfile) -> bool:
    if isinstance(profile, NumericProfile):
        # Whole numbers: a variance of 0 is exact.
        return profile.usable > 0 and profile.squares * profile.usable == profile.total**2
    filled = [count for count in profile.listed if count]
    newcomers = [one.count for one in profile.newcomers]
    return (len(filled) == 1 and not profile.unlisted) or (not filled and newcomers == [profile.unlisted])
