"""Documents are read from a table, and what nobody could quote is refused by its id."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from roadworthy.errors import DataError
from roadworthy.retrieval.document_reading import read_documents
from roadworthy.retrieval.interface import Document


def table(folder: Path, *rows: tuple[str | None, str | None, str | None]) -> Path:
    """Write rows of id, title and content as Parquet."""
    path = folder / "documents.parquet"
    columns = {name: [row[at] for row in rows] for at, name in enumerate(("id", "title", "content"))}
    pq.write_table(pa.table(columns, schema=pa.schema([(name, pa.string()) for name in columns])), path)
    return path


def test_documents_come_sorted_by_id(tmp_path: Path) -> None:
    """The order of rows is an accident; a missing title is an empty one."""
    path = table(tmp_path, ("b", "Loans", "Text.\twith tab\r\n"), ("a", None, "Text."))

    assert read_documents(path) == [Document("a", "", "Text."), Document("b", "Loans", "Text.\twith tab\r\n")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "empty"),
        ("", "empty"),
        (" \n\t\u00a0", "empty"),
        ("PK\x03\x04\x00 text", "not text"),
        ("a long text without NUL " + "\x01\x02\x03" * 3, "not text"),
    ],
)
def test_empty_and_binary_documents_are_refused_by_id(tmp_path: Path, content: str | None, problem: str) -> None:
    """The error names the document and the table."""
    path = table(tmp_path, ("fine", "t", "text"), ("culprit", "t", content))

    with pytest.raises(DataError, match=f"'culprit' is {problem}") as raised:
        read_documents(path)
    assert raised.value.where == str(path)


def test_an_id_there_twice_is_refused(tmp_path: Path) -> None:
    """A citation has to name one document."""
    with pytest.raises(DataError, match="two documents 'same'"):
        read_documents(table(tmp_path, ("same", "t", "one"), ("same", "t", "two")))


def test_a_document_without_an_id_is_refused_by_its_title(tmp_path: Path) -> None:
    """There is nothing else to name it by."""
    with pytest.raises(DataError, match=r"no id.*'Loans'"):
        read_documents(table(tmp_path, (None, "Loans", "text")))


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    """An assistant without documents knows nothing."""
    with pytest.raises(DataError, match="no document"):
        read_documents(table(tmp_path))


def test_what_is_no_such_table_is_refused(tmp_path: Path) -> None:
    """Another format, another set of columns, or no file."""
    other, broken = tmp_path / "other.parquet", tmp_path / "broken.parquet"
    pq.write_table(pa.table({"id": ["a"], "text": ["b"]}), other)
    broken.write_bytes(b"id,title,content")

    for path in (other, broken, tmp_path / "none.parquet"):
        with pytest.raises(DataError, match="can't be read"):
            read_documents(path)
