"""Checks that the features of prepared rows are what their kind says, and have values to learn from."""

# Late imports: start-up time.
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.errors import DataError
from roadworthy.params.data import Features
from tasks.tabular import count, literal, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN", "UTINYINT", "USMALLINT")


def all_features(features: Features) -> tuple[str, ...]:
    """Return the names of all features, whatever their kind."""
    return (*features.numeric, *features.categorical, *features.text)


def check_kinds(database: DuckDBPyConnection, features: Features, types: dict[str, str]) -> None:
    """Raise `DataError` for a numeric feature in `prepared_rows` that is no number, or a text that is none."""
    for name in features.numeric:
        _check_numeric(database, name, types[name])
    for name in features.text:
        _check_text(name, types[name])


def check_present(database: DuckDBPyConnection, features: Features, path: Path) -> None:
    """Refuse a feature without a single value: nothing can be learned from it, and estimators fall over it."""
    for name in all_features(features):
        if not count(database, f"from read_parquet({literal(str(path))}) where {quoted(name)} is not null"):
            raise DataError(
                f"the feature {name!r} has no value in any row to train",
                where="params.yaml: prepare.features",
                remedy="take it out, mend the source, or choose a window in which it was recorded",
            )


def _check_numeric(database: DuckDBPyConnection, name: str, kind: str) -> None:
    if not kind.startswith(NUMERIC):
        raise DataError(
            f"the feature {name!r} is {kind}, not a number",
            where="params.yaml: prepare.features.numeric",
            remedy="name it under categorical, or convert it in the query",
        )
    if kind in ("FLOAT", "DOUBLE"):
        infinite = count(database, f"from prepared_rows where isinf({quoted(name)})")
        if infinite:
            raise DataError(
                f"the feature {name!r} is infinite in {infinite:,} rows",
                where="params.yaml: prepare.features.numeric",
                remedy="mend the source, or write nullif in the query",
            )


def _check_text(name: str, kind: str) -> None:
    if kind != "VARCHAR":
        raise DataError(
            f"the feature {name!r} is {kind}, not text",
            where="params.yaml: prepare.features.text",
            remedy="name it under numeric or categorical, or convert it in the query",
        )
