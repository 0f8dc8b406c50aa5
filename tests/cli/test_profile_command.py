"""`roadworthy profile`: tables shown column by column, here or by workers."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from fakes.front_door import ask


@pytest.fixture
def tables(tmp_path: Path) -> list[str]:
    """Two tables; the second has a town that the first has not."""
    for name, town in (("a", "Albany"), ("b", "Boston")):
        query = f"select i * .5 as delay, if(i % 4 = 0, null, '{town}') as town from range(200) t(i)"  # noqa: S608
        duckdb.sql(query).write_parquet(str(tmp_path / f"{name}.parquet"))
    return ["a.parquet", "b.parquet"]


def test_a_table_shows_each_column(tmp_path: Path, tables: list[str]) -> None:
    """Rows, gaps, values the first table had not, moments and categories stand in a line a column."""
    shown = ask(tmp_path, "profile", *tables)
    assert shown.code == 0, shown
    heading, _, delay, town = shown.out.splitlines()
    assert heading == "400 rows in 2 files, 2 columns"
    assert delay.split() == ["delay", "numeric", "0.00%", "0.00%", "49.75", "28.867", "0", "99.5"]
    assert town.split()[:4] == ["town", "categorical", "25.00%", "50.00%"]
    assert "Albany 50.00%" in town


def test_workers_give_the_same_bytes(tmp_path: Path, tables: list[str]) -> None:
    """What a worker process counted, in the cells that were kept before, is what this process counted."""
    assert ask(tmp_path, "profile", *tables, "--output", "alone").code == 0
    kept = ("--layout", "alone/layout.json", "--output", "together")
    spread = ask(tmp_path, "profile", *reversed(tables), *kept, "--workers", "1", "--json")
    assert spread.code == 0, spread
    assert json.loads(spread.out)["rows"] == 400
    for name in ("layout.json", "profile.json"):
        assert (tmp_path / "together" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("gone.parquet",), 3),
        (("a.parquet", "--layout", "gone.json"), 3),
        (("a.parquet", "--layout", "a.parquet"), 4),
        (("a.parquet", "--workers", "1", "--scheduler", "tcp://127.0.0.1:1"), 2),
        (("a.parquet", "--scheduler", "nowhere://x"), 2),
    ],
)
def test_a_wrong_request_is_explained(tmp_path: Path, tables: list[str], options: tuple[str, ...], code: int) -> None:
    """Each names what is wrong and what to do, with the exit code of its kind."""
    refused = ask(tmp_path, "profile", *options, "--json")
    assert refused.code == code, refused
    assert json.loads(refused.out)["error"]["remedy"]
