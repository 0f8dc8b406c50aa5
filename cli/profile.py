"""`roadworthy profile`: what tables hold, column by column, counted here or on a Dask cluster."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from cli.output import columns
from roadworthy.atomic import write_bytes
from roadworthy.drift.profile.categorical import CategoricalLayout, CategoricalProfile
from roadworthy.drift.profile.laying_out import make_layout, watch_all
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile
from roadworthy.drift.profile.profile import AnyLayout, AnyProfile, Layout, Profile
from roadworthy.drift.profile.scanning import profile_files
from roadworthy.drift.reference import read_layout
from roadworthy.errors import SourceError, UsageError

_HEADINGS = ("column", "kind", "missing", "unseen", "mean", "deviation", "smallest", "largest", "most frequent")


def profile_tables(
    files: Sequence[Path], cells: Path | None, workers: int, scheduler: str | None, output: Path | None, as_json: bool
) -> int:
    """Profile the tables by the layout in `cells`, or else by one of the first table, and print or keep it."""
    if workers and scheduler:
        raise UsageError("two clusters at once", remedy="give --workers or --scheduler")
    for path in files:
        if not path.is_file():
            raise SourceError(f"there is no table {path}", where=str(path), remedy="give Parquet or CSV files")
    layout = _layout(cells) if cells else make_layout(files[:1], watch_all(files[0]))
    profile = _profile(files, layout, workers, scheduler)
    if output:
        write_bytes(output / "layout.json", layout.to_bytes())
        write_bytes(output / "profile.json", profile.to_bytes())
    if as_json:
        print(profile.to_bytes().decode().rstrip())
    else:
        _print(profile, layout, len(files))
    return 0


def _layout(path: Path) -> Layout:
    try:
        return read_layout(path.read_bytes())
    except OSError as error:
        raise SourceError(
            f"there is no layout {path}", where=str(path), remedy="`roadworthy profile --output FOLDER` writes one"
        ) from error


def _profile(files: Sequence[Path], layout: Layout, workers: int, scheduler: str | None) -> Profile:
    if not workers and not scheduler:
        return profile_files(files, layout)
    # Late imports: start-up time.
    from tasks.profile_cluster import local_cluster, profile_on_cluster, remote_cluster

    with remote_cluster(scheduler) if scheduler else local_cluster(workers) as client:
        return profile_on_cluster(files, layout, client)


def _print(profile: Profile, layout: Layout, files: int) -> None:
    print(f"{profile.rows:,} rows in {files} file{'s' if files > 1 else ''}, {len(layout.columns)} columns")
    for line in columns([_HEADINGS, *(_row(one, profile.columns[one.name]) for one in layout.columns)]):
        print(line)
    if profile.unknown:
        print(f"not in the layout: {', '.join(profile.unknown)}")


def _row(layout: AnyLayout, column: AnyProfile) -> tuple[str, ...]:
    shares = (_share(column.rows - column.usable, column.rows), _share(column.unseen, column.usable))
    if isinstance(layout, NumericLayout) and isinstance(column, NumericProfile):
        mean, variance = layout.moments(column)
        # Moments are those of values rounded to the layout's units: more digits would be made up.
        numbers = (
            _number(mean, 5),
            _number(variance**0.5, 5),
            _number(column.minimum, 10),
            _number(column.maximum, 10),
        )
        return (layout.name, layout.kind, *shares, *numbers, "")
    assert isinstance(layout, CategoricalLayout)  # noqa: S101  (there are two kinds)
    assert isinstance(column, CategoricalProfile)  # noqa: S101
    return (layout.name, layout.kind, *shares, "", "", "", "", _most_frequent(layout, column))


def _most_frequent(layout: CategoricalLayout, column: CategoricalProfile) -> str:
    cells = sorted(zip(column.listed, layout.categories, strict=True), key=lambda one: -one[0])
    return ", ".join(f"{name[:20]} {_share(rows, column.usable)}" for rows, name in cells[:3] if rows)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else "-"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}g}"
