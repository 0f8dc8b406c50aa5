"""Reads what the validate step found, as validation.json and lineage events keep it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from roadworthy.lineage.interface import Expectation, TableValidation

FILE_NAME = "validation.json"


def validation_among(paths: Iterable[Path]) -> tuple[TableValidation, ...]:
    """Return what the first validation.json among `paths` says; nothing when there is none that can be read."""
    for path in paths:
        if path.name == FILE_NAME:
            try:
                return tables_from_json(json.loads(path.read_bytes()))
            except (OSError, ValueError):
                return ()
    return ()


def tables_from_json(value: Any) -> tuple[TableValidation, ...]:
    """Read the tables; whatever has another shape is left out, because a step's file is not ours to judge here."""
    tables = value.get("tables") if isinstance(value, dict) else None
    if not isinstance(tables, dict):
        return ()
    return tuple(_table(name, table) for name, table in sorted(tables.items()) if isinstance(table, dict))


def tables_to_json(tables: Iterable[TableValidation]) -> dict[str, Any]:
    """Return the form that `tables_from_json` reads."""
    return {"tables": {table.table: table.model_dump(exclude={"table"}) for table in tables}}


def _table(name: str, table: dict[str, Any]) -> TableValidation:
    found = table.get("expectations")
    return TableValidation(
        table=name,
        rows=_whole(table.get("rows")),
        quarantined=_whole(table.get("quarantined")),
        expectations=tuple(_expectation(item) for item in found if _is_expectation(item))
        if isinstance(found, list)
        else (),
    )


def _is_expectation(item: Any) -> bool:
    return isinstance(item, dict) and "expectation" in item and isinstance(item.get("success"), bool)


def _expectation(item: dict[str, Any]) -> Expectation:
    column = item.get("column")
    return Expectation(
        expectation=str(item["expectation"]),
        column=None if column is None else str(column),
        severity=str(item.get("severity") or ""),
        success=item["success"],
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
