"""ingest: pinned sources become tables, the same bytes each time, or one clear error and nothing changed."""

import gzip
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from roadworthy.digest import digest_files
from roadworthy.errors import ParamsError, RoadworthyError, SourceError
from roadworthy.params.data import IngestParams
from roadworthy.workspace import Workspace
from tasks.ingest import INGEST, ingest

COLUMNS = {"id": "INTEGER", "name": "VARCHAR", "price": "DOUBLE", "day": "DATE"}
GOOD = b"id,name,price,day\n1,one,1.5,2024-01-31\n2,NA,,2024-02-29\n"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty work tree with its own home."""
    monkeypatch.delenv("ROADWORTHY_HOME", raising=False)
    return Workspace(tmp_path, "shop")


def params(workspace: Workspace, name: str, content: bytes, **changes: object) -> IngestParams:
    """Parameters with one source `items`, whose file is written with `content`."""
    (workspace.root / name).write_bytes(content)
    source: dict[str, object] = {
        "uri": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "format": "parquet" if name.endswith(".parquet") else "csv",
        "columns": COLUMNS,
        "null_values": ["", "NA"],
    }
    return IngestParams.model_validate({"sources": {"items": source | changes}})


def rows(workspace: Workspace) -> list[tuple[object, ...]]:
    """The rows of the table that was made."""
    with duckdb.connect() as database:
        return database.execute(f"from '{workspace.sources / 'items.parquet'}'").fetchall()


def refused(workspace: Workspace, name: str, content: bytes, **changes: object) -> RoadworthyError:
    """Ingest good rows, then the given file; return the error, after checking that the good rows are still there."""
    ingest(params(workspace, "good.csv", GOOD), workspace, lambda _: None)
    before = digest_files(workspace.data)
    with pytest.raises(RoadworthyError) as caught:
        ingest(params(workspace, name, content, **changes), workspace, lambda _: None)
    assert digest_files(workspace.data) == before
    assert not list(workspace.root.rglob(".tmp-*"))
    assert caught.value.remedy
    return caught.value


def parquet(columns: dict[str, object]) -> bytes:
    """A Parquet file's bytes."""
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink)
    return bytes(sink.getvalue())


def zipped(folder: Path, **files: bytes) -> bytes:
    """A zip file's bytes."""
    path = folder / "packed"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return path.read_bytes()


def test_csv_becomes_a_table_with_the_declared_types(workspace: Workspace) -> None:
    """Values have their declared types, and what stands for a missing value is missing."""
    said: list[str] = []
    ingest(params(workspace, "items.csv", GOOD), workspace, said.append)
    assert [tuple(map(str, row)) for row in rows(workspace)] == [
        ("1", "one", "1.5", "2024-01-31"),
        ("2", "None", "None", "2024-02-29"),
    ]
    assert said == ["items: 2 rows"]


PACKED: dict[str, Callable[[Path], bytes]] = {
    "items.csv.zip": lambda folder: zipped(folder, items=GOOD),
    "items.csv.gz": lambda _: gzip.compress(GOOD),
    "items.csv.zst": lambda _: pyarrow.compress(GOOD, codec="zstd", asbytes=True),
    "items.tsv": lambda _: GOOD.replace(b",", b"\t"),
    "items.csv": lambda _: b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("name", PACKED)
def test_packing_does_not_change_the_table(workspace: Workspace, name: str) -> None:
    """Zip, gzip, Zstandard, tabs, a byte order mark and Windows' line ends give the same bytes as plain CSV."""
    ingest(params(workspace, "plain.csv", GOOD), workspace, lambda _: None)
    plain = digest_files(workspace.sources)
    ingest(params(workspace, name, PACKED[name](workspace.root)), workspace, lambda _: None)
    assert digest_files(workspace.sources) == plain


def test_two_processes_write_the_same_bytes(workspace: Workspace) -> None:
    """Equal sources give equal Parquet files, whichever process makes them."""
    content = b"id,name,price,day\n" + b"".join(b"%d,n%d,%d.25,2024-01-31\n" % (n, n % 7, n) for n in range(50_000))
    given = params(workspace, "many.csv", content)
    ingest(given, workspace, lambda _: None)
    first = digest_files(workspace.sources)
    program = (
        "import sys; from pathlib import Path; from roadworthy.params.data import IngestParams\n"
        "from roadworthy.workspace import Workspace; from tasks.ingest import ingest\n"
        "ingest(IngestParams.model_validate_json(sys.argv[1]), Workspace(Path(sys.argv[2]), 'shop'), print)"
    )
    command = [sys.executable, "-c", program, given.model_dump_json(), str(workspace.root)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert digest_files(workspace.sources) == first


def test_undeclared_columns_are_inferred_from_the_whole_file(workspace: Workspace) -> None:
    """Without declared columns a text in the last of many rows makes the column text."""
    content = b"id,code\n" + b"1,7\n" * 30_000 + b"2,seven\n"
    ingest(params(workspace, "items.csv", content, columns={}), workspace, lambda _: None)
    assert rows(workspace)[-1] == (2, "seven")


def test_a_table_that_is_no_longer_named_goes(workspace: Workspace) -> None:
    """The sources' folder holds the tables of params.yaml and no others."""
    ingest(params(workspace, "items.csv", GOOD), workspace, lambda _: None)
    other = params(workspace, "items.csv", GOOD).model_dump()
    ingest(IngestParams.model_validate({"sources": {"other": other["sources"]["items"]}}), workspace, lambda _: None)
    assert list(digest_files(workspace.sources)) == ["other.parquet"]


BAD_CSV: dict[str, tuple[bytes, str, str]] = {
    "missing column": (b"id,name,day\n1,a,2024-01-31\n", "has no column price", "column price"),
    "renamed column": (b"id,name,prices,day\n1,a,1,2024-01-31\n", "was it renamed to 'prices'", "column price"),
    "extra column": (b"id,name,price,day,tax\n1,a,1,2024-01-31,2\n", "undeclared columns: tax", "column tax"),
    "column twice": (b"id,name,price,day,id\n1,a,1,2024-01-31,1\n", "a column twice: id", "column id"),
    "other order": (b"name,id,price,day\na,1,1,2024-01-31\n", "another order", "column name"),
    "wrong type": (GOOD + b"three,c,1,2024-01-31\n", "'three' is no INTEGER", "line 4, column id"),
    "fraction in whole numbers": (GOOD + b"3.5,c,1,2024-01-31\n", "'3.5' is no INTEGER", "line 4, column id"),
    "exponent in whole numbers": (GOOD + b"1e-1,c,1,2024-01-31\n", "'1e-1' is no INTEGER", "line 4, column id"),
    "too large": (GOOD + b"3000000000,c,1,2024-01-31\n", "'3000000000' is no INTEGER", "line 4, column id"),
    "unparsable date": (GOOD + b"3,c,1,2024-02-30\n", "'2024-02-30' is no DATE", "line 4, column day"),
    "too many fields": (GOOD + b"3,c,1,2024-01-31,9\n", "does not fit its header", "line 4"),
    "too few fields": (GOOD + b"3,c\n", "does not fit its header", "line 4"),
    "open quote": (GOOD + b'3,"c,1,2024-01-31\n', "does not fit its header", "line 4"),
    "empty file": (b"", "is empty", "bad.csv"),
    "header only": (b"id,name,price,day\n", "has a header and no rows", "bad.csv"),
    "not a number": (GOOD + b"3,c,NaN,2024-01-31\n", "not finite numbers, such as nan", "line 4, column price"),
    "infinite": (GOOD + b"3,c,-inf,2024-01-31\n", "not finite numbers, such as -inf", "line 4, column price"),
    "not UTF-8": (GOOD + b"3,caf\xe9,1,2024-01-31\n", "not UTF-8: byte 0xe9 at position 6", "line 4"),
    "header not UTF-8": (b"id,n\xe4me,price,day\n1,a,1,2024-01-31\n", "not UTF-8: byte 0xe4", "line 1"),
}


@pytest.mark.parametrize("case", BAD_CSV)
def test_a_bad_csv_is_refused_by_file_and_place(workspace: Workspace, case: str) -> None:
    """The error names file, line and column, says what to do, and the tables stay as they were."""
    content, problem, place = BAD_CSV[case]
    error = refused(workspace, "bad.csv", content)
    assert isinstance(error, SourceError)
    assert problem in str(error)
    assert "bad.csv" in str(error.where)
    assert place in str(error.where)


def test_a_bad_parquet_is_refused(workspace: Workspace) -> None:
    """Truncated files, missing columns and values that would change on their way to the type are named."""
    good = parquet({"id": [1, 2], "name": ["a", "b"], "price": [1.0, 2.0], "day": ["2024-01-31", "2024-02-29"]})
    ingest(params(workspace, "items.parquet", good), workspace, lambda _: None)
    assert str(rows(workspace)[1][3]) == "2024-02-29"
    assert "bad.parquet can't be read" in str(refused(workspace, "bad.parquet", good[:-40]))
    assert "bad.parquet can't be read" in str(refused(workspace, "bad.parquet", b""))
    halves = parquet({"id": [1.0, 2.5], "name": ["a", "b"], "price": [1.0, 2.0], "day": ["2024-01-31"] * 2})
    error = refused(workspace, "bad.parquet", halves)
    assert "1 values of id (DOUBLE) are no INTEGER, such as '2.5'" in str(error)
    assert "bad.parquet: column id" in str(error.where)
    assert "has no column price" in str(refused(workspace, "bad.parquet", parquet({"id": [1], "name": ["a"]})))
    for endless in (float("inf"), float("nan")):
        content = parquet({"price": [1.0, endless]})
        assert "row 2, column price" in str(refused(workspace, "bad.parquet", content, columns={}))
    whole = {"id": [1], "name": ["a"], "price": [1.0], "day": ["2024-01-31"]}
    renamed = {("cost" if name == "price" else name): values for name, values in whole.items()}
    assert "price" in str(refused(workspace, "bad.parquet", parquet(renamed)))
    assert "note" in str(refused(workspace, "bad.parquet", parquet({**whole, "note": ["x"]})))
    error = refused(workspace, "bad.parquet", parquet({**whole, "day": ["the day after"]}))
    assert "bad.parquet: column day" in str(error.where)
    nobody = {name: values[:0] for name, values in whole.items()}
    assert "has no rows" in str(refused(workspace, "bad.parquet", parquet(nobody)))


def test_a_truncated_archive_is_refused(workspace: Workspace) -> None:
    """A cut zip or gzip file is named, not half read."""
    content = zipped(workspace.root, items=GOOD * 500)
    assert "truncated or damaged" in str(refused(workspace, "bad.csv.zip", content[: len(content) // 2]))
    assert "truncated or damaged" in str(refused(workspace, "bad.csv.gz", gzip.compress(GOOD)[:-9]))
    two = zipped(workspace.root, items=GOOD, others=GOOD)
    assert "holds 2 files, not one" in str(refused(workspace, "bad.csv.zip", two))


def test_another_file_than_the_pinned_one_is_refused(workspace: Workspace) -> None:
    """The error names the source, the pinned and the actual digest."""
    pinned = "0" * 64
    error = refused(workspace, "bad.csv", GOOD, sha256=pinned)
    assert error.where == "bad.csv"
    assert pinned in error.problem
    assert hashlib.sha256(GOOD).hexdigest() in error.problem


def test_what_can_not_be_meant_is_a_wrong_parameter(workspace: Workspace) -> None:
    """Unknown types, unknown kinds of address and missing files are said with a remedy."""
    error = refused(workspace, "bad.csv", GOOD, columns={**COLUMNS, "price": "DUOBLE"})
    assert isinstance(error, ParamsError)
    assert "ingest.sources.items.columns.price" in str(error.where)
    assert "can't be ftp://" in str(refused(workspace, "bad.csv", GOOD, uri="ftp://example.org/x.csv"))
    assert "did you mean 'good.csv'" in str(refused(workspace, "bad.csv", GOOD, uri="god.csv"))


def test_local_files_are_inputs_of_the_step(workspace: Workspace) -> None:
    """DVC and lineage see a source on the disk; an address is no file."""
    capability = type("Capability", (), {"ingest": params(workspace, "items.csv", GOOD)})
    assert INGEST.inputs(capability, workspace) == (workspace.root / "items.csv",)
    assert INGEST.outputs(capability, workspace) == (workspace.sources,)
