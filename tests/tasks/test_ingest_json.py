"""ingest of JSON: objects become a table as it is declared, or one clear error and nothing changed."""

import gzip
import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from roadworthy.digest import digest_files
from roadworthy.errors import ParamsError, SourceError
from roadworthy.params.data import IngestParams
from roadworthy.workspace import Workspace
from tasks.ingest import ingest

COLUMNS = {"id": "VARCHAR", "count": "INTEGER", "price": "DOUBLE", "open": "BOOLEAN", "tags": "VARCHAR[]"}
GOOD = [
    {"id": "a", "count": 1, "price": 1.5, "open": True, "tags": ["x", "y"]},
    {"id": "b\nü", "count": None, "price": 2, "open": False, "tags": []},
    {"price": None, "id": "c"},
]
EXPECTED = [("a", 1, 1.5, True, ["x", "y"]), ("b\nü", None, 2.0, False, []), ("c", None, None, None, None)]


def array(*objects: object) -> bytes:
    """A JSON array's bytes."""
    return json.dumps(objects).encode()


def params(workspace: Workspace, name: str, content: bytes, **changes: object) -> IngestParams:
    """Parameters with one source `items`, whose file is written with `content`."""
    (workspace.root / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    source: dict[str, object] = {"uri": name, "sha256": digest, "format": "json", "columns": COLUMNS}
    return IngestParams.model_validate({"sources": {"items": source | changes}})


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty work tree with its own home."""
    monkeypatch.delenv("ROADWORTHY_HOME", raising=False)
    return Workspace(tmp_path, "shop")


LAYOUTS: dict[str, bytes] = {
    "items.json": array(*GOOD),
    "indented.json": json.dumps(GOOD, indent=2, ensure_ascii=False).encode(),
    "items.jsonl": "\n".join(json.dumps(row) for row in GOOD).encode(),
    "items.json.gz": gzip.compress(array(*GOOD)),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_json_becomes_a_table_with_the_declared_types(workspace: Workspace, name: str) -> None:
    """Arrays and lines, packed or not, give the same rows; a key that an object lacks is a missing value."""
    ingest(params(workspace, name, LAYOUTS[name]), workspace, lambda _: None)
    with duckdb.connect() as database:
        assert database.execute(f"from '{workspace.sources / 'items.parquet'}'").fetchall() == EXPECTED


def test_the_layout_does_not_change_the_table_s_bytes(workspace: Workspace) -> None:
    """The same rows give the same Parquet file, however they are laid out."""
    digests = set()
    for name, content in LAYOUTS.items():
        ingest(params(workspace, name, content), workspace, lambda _: None)
        digests.add(tuple(digest_files(workspace.sources).items()))
    assert len(digests) == 1


def test_texts_go_to_the_one_declared_column(workspace: Workspace) -> None:
    """An array of texts, or one a line, is a table of one column; a column of type JSON takes any value."""
    for name, content in {"texts.json": b'["a", "b"]', "texts.jsonl": b'"a"\n"b"\n'}.items():
        ingest(params(workspace, name, content, columns={"text": "VARCHAR"}), workspace, lambda _: None)
        with duckdb.connect() as database:
            assert database.execute(f"from '{workspace.sources / 'items.parquet'}'").fetchall() == [("a",), ("b",)]
    content = array({"any": 1}, {"any": {"x": [2]}}, {"any": "t"})
    ingest(params(workspace, "any.json", content, columns={"any": "JSON"}), workspace, lambda _: None)


GOOD_TEXT = array(*GOOD)
BAD: dict[str, tuple[bytes, str, str]] = {
    "truncated": (GOOD_TEXT[:-20], "Malformed JSON", "bad.json"),
    "truncated gzip": (gzip.compress(GOOD_TEXT)[:-9], "truncated or damaged", "bad.json.gz"),
    "not JSON": (b"id,count\na,1\n", "Malformed JSON", "bad.json"),
    "empty file": (b"", "has no rows", "bad.json"),
    "empty array": (b"[]", "has no rows", "bad.json"),
    "array of texts": (b'["a", "b"]', "2 rows of bad.json are no objects", "bad.json"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD_TEXT, "are no objects", "bad.json"),
    "missing column": (array({"id": "a", "count": 1, "price": 1, "open": True}), "has no column tags", "column tags"),
    "renamed column": (GOOD_TEXT.replace(b"tags", b"tagz"), "was it renamed to 'tagz'", "column tags"),
    "extra column": (array(*GOOD, {"id": "d", "tax": 1}), "undeclared columns: tax", "column tax"),
    "wrapped": (json.dumps({"items": GOOD}).encode(), "has no column id", "column id"),
    "key twice": (GOOD_TEXT[:-1] + b', {"id": "d", "id": "e"}]', "duplicate key", "bad.json"),
    "number for a text": (array(*GOOD, {"id": 7}), "7 is no VARCHAR", "object 4, key id"),
    "object for a text": (array(*GOOD, {"id": {"x": 1}}), "is no VARCHAR", "object 4, key id"),
    "text for a number": (array(*GOOD, {"count": "7"}), '"7" is no INTEGER', "object 4, key count"),
    "fraction for a whole number": (array(*GOOD, {"count": 1.5}), "1.5 is no INTEGER", "object 4, key count"),
    "too large": (array(*GOOD, {"count": 3_000_000_000}), "3000000000 is no INTEGER", "object 4, key count"),
    "number for a truth": (array(*GOOD, {"open": 1}), "1 is no BOOLEAN", "object 4, key open"),
    "text for a list": (array(*GOOD, {"tags": "x"}), '"x" is no VARCHAR[]', "object 4, key tags"),
    "not a number": (GOOD_TEXT.replace(b"1.5", b"NaN"), "not finite numbers", "row 1, column price"),
    "not UTF-8": (GOOD_TEXT[:-1] + b', {"id": "caf\xe9"}]', "not UTF-8: byte 0xe9", "line 1"),
    "not UTF-8 later": (b'{"id": "a"}\n' * 3 + b'{"id": "caf\xe9"}\n', "not UTF-8: byte 0xe9", "line 4"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_json_is_refused_by_file_and_place(workspace: Workspace, case: str) -> None:
    """The error names file and place, says what to do, and the tables stay as they were."""
    content, problem, place = BAD[case]
    ingest(params(workspace, "good.json", GOOD_TEXT), workspace, lambda _: None)
    before = digest_files(workspace.data)
    name = "bad.json.gz" if "gzip" in case else "bad.json"
    with pytest.raises(SourceError) as caught:
        ingest(params(workspace, name, content), workspace, lambda _: None)
    assert problem in str(caught.value)
    assert name in str(caught.value.where)
    assert place in str(caught.value.where)
    assert caught.value.remedy
    assert digest_files(workspace.data) == before
    assert not list(workspace.root.rglob(".tmp-*"))


def test_columns_have_to_be_declared_with_types_that_exist(workspace: Workspace) -> None:
    """JSON without declared columns, or with an unknown type, is a wrong parameter."""
    with pytest.raises(ValueError, match="needs its columns declared"):
        params(workspace, "items.json", GOOD_TEXT, columns={})
    with pytest.raises(ParamsError, match="DuckDB has no type 'TXT'"):
        ingest(params(workspace, "items.json", GOOD_TEXT, columns={"id": "TXT"}), workspace, lambda _: None)
