"""A release's reference: the cells into which its features are counted, and what the nights it learned from showed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from roadworthy.drift.baseline import Baseline, Night
from roadworthy.drift.profile.by_night import profile_nights
from roadworthy.drift.profile.categorical import CategoricalProfile
from roadworthy.drift.profile.laying_out import Watched, make_layout
from roadworthy.drift.profile.numeric import NumericProfile
from roadworthy.drift.profile.profile import AnyProfile, Layout, Profile
from roadworthy.errors import IntegrityError
from roadworthy.modelling.schema import FeatureSchema

LAYOUT = "drift/layout.json"
NIGHTS = "drift/nights.json"
"""Their places in a release's bundle."""
MOST_NIGHTS = 400
"""The last so many nights are kept: a year, and some days."""
_UNTIMED = date(1970, 1, 1)
"""Stands for the one night of rows that have no time."""
_KINDS: Mapping[str, type[NumericProfile | CategoricalProfile]] = {
    "numeric": NumericProfile,
    "categorical": CategoricalProfile,
}


@dataclass(frozen=True)
class Reference:
    """What nights of a release are compared with."""

    layout: Layout
    nights: tuple[Night, ...]
    """In the order of time; a single one of 1 January 1970 where rows have no time."""

    @classmethod
    def of(cls, paths: Sequence[Path], schema: FeatureSchema, time_column: str | None) -> Reference:
        """Profile the features in these Parquet files by the day of `time_column`.

        Raises `DataError` when a file lacks a feature, `SourceError` when one can't be read.
        """
        layout = make_layout(paths, [Watched(feature.name, feature.kind) for feature in schema.features])
        profiles = profile_nights(paths, layout, time_column)
        nights = [Night(night or _UNTIMED, profile) for night, profile in profiles.items()]
        return cls(layout, tuple(nights[-MOST_NIGHTS:]))

    @classmethod
    def read(cls, layout: bytes, nights: bytes) -> Reference:
        """Read what `layout_bytes` and `nights_bytes` gave. Raises `IntegrityError` when they are not that."""
        cells = read_layout(layout)
        try:
            return cls(cells, tuple(_read_nights(json.loads(nights), cells)))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, ValidationError) as error:
            raise _damaged(NIGHTS, error) from error

    @property
    def is_timed(self) -> bool:
        """Whether its rows have a time."""
        return [one.day for one in self.nights] != [_UNTIMED]

    @cached_property
    def baseline(self) -> Baseline:
        """What nights are judged against; all nights count as alike, as in replays."""
        return Baseline(self.layout, self.nights)

    def layout_bytes(self) -> bytes:
        """Return the cells as JSON; the same rows always give the same bytes."""
        return self.layout.to_bytes()

    def nights_bytes(self) -> bytes:
        """Return the nights as JSON, column by column, what is the same for all nights written once."""
        columns = {
            one.name: _folded([night.profile.columns[one.name].model_dump(mode="json") for night in self.nights])
            for one in self.layout.columns
        }
        content = {
            "layout": self.layout.digest,
            "days": [night.day.isoformat() for night in self.nights],
            "rows": [night.profile.rows for night in self.nights],
            "columns": columns,
        }
        # Not RFC 8785, whose numbers end at 2^53: sums of squares do not.
        return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def read_layout(content: bytes) -> Layout:
    """Return the layout that a bundle holds. Raises `IntegrityError` when it is none."""
    try:
        return Layout.model_validate_json(content)
    except ValidationError as error:
        raise _damaged(LAYOUT, error) from error


def _folded(profiles: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Turn one object a night into one list a field; a field that never changes is given once."""
    fields = {field: [one[field] for one in profiles] for field in (profiles[0] if profiles else {})}
    return {
        "same": {field: values[0] for field, values in fields.items() if values.count(values[0]) == len(values)},
        "each": {field: values for field, values in fields.items() if values.count(values[0]) < len(values)},
    }


def _read_nights(content: Mapping[str, Any], layout: Layout) -> list[Night]:
    if content["layout"] != layout.digest:
        raise ValueError("the nights were counted in other cells")
    days = [date.fromisoformat(day) for day in content["days"]]
    columns = {one.name: _unfolded(content["columns"][one.name], len(days), one.kind) for one in layout.columns}
    return [
        Night(
            day, Profile(layout=layout.digest, rows=rows, columns={name: all_[place] for name, all_ in columns.items()})
        )
        for place, (day, rows) in enumerate(zip(days, content["rows"], strict=True))
    ]


def _unfolded(content: Mapping[str, Any], nights: int, kind: str) -> list[AnyProfile]:
    same, each = content["same"], content["each"]
    return [
        _KINDS[kind].model_validate({**same, **{field: values[place] for field, values in each.items()}})
        for place in range(nights)
    ]


def _damaged(name: str, error: Exception) -> IntegrityError:
    return IntegrityError(
        f"the release's reference can't be read: {type(error).__name__}",
        where=name,
        remedy="release it again; until then its nights can't be judged",
    )
