"""Reads documents from a table, and refuses what nobody could quote: the last fence after validation."""

# Late imports: start-up time.
from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from roadworthy.errors import DataError
from roadworthy.retrieval.interface import Document

COLUMNS = ("id", "title", "content")

_LARGEST_CONTROL_SHARE = 0.01
"""Text has hardly a control character besides tabs and line ends; binary content has many."""

_LAYOUT = frozenset("\t\n\r\f\v")


def read_documents(table: Path) -> list[Document]:
    """Return the documents of a Parquet table with the text columns id, title and content, sorted by id.

    Raises `DataError` for a file or a column that can't be read, and as `check_documents` does.
    """
    documents = [Document(*row) for row in _rows(table)]
    check_documents(documents, str(table))
    return sorted(documents, key=lambda document: document.id)


def check_documents(documents: Iterable[Document], where: str) -> None:
    """Raise `DataError` that names a document's id when it is empty, binary or there twice, or when there is none."""
    seen: set[str] = set()
    for document in documents:
        problem = f"there are two documents '{document.id}'" if document.id in seen else _problem(document)
        if problem:
            raise DataError(problem, where=where, remedy="Correct or remove it in the source.")
        seen.add(document.id)
    if not seen:
        raise DataError("there is no document", where=where, remedy="Name a source that holds some.")


def _problem(document: Document) -> str | None:
    if not document.id.strip():
        return f"a document has no id; its title is {document.title!r}"
    if not document.text.strip():
        return f"the document '{document.id}' is empty"
    if _binary(document.title + document.text):
        return f"the document '{document.id}' is not text: it looks like the content of a binary file"
    return None


def _binary(text: str) -> bool:
    controls = sum(unicodedata.category(character) in ("Cc", "Cs") and character not in _LAYOUT for character in text)
    # Half a surrogate pair can't be written down at all.
    return "\0" in text or not _encodable(text) or controls > _LARGEST_CONTROL_SHARE * len(text)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _rows(table: Path) -> list[tuple[str, str, str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        read = pq.read_table(table, columns=list(COLUMNS))
        texts = [read.column(name).cast(pa.string()).to_pylist() for name in COLUMNS]
    except (OSError, KeyError, pa.ArrowException) as error:
        raise DataError(
            f"This table of documents can't be read: {error}",
            where=str(table),
            remedy=f"It has to be Parquet with the text columns {', '.join(COLUMNS)}.",
        ) from error
    return [tuple(value or "" for value in row) for row in zip(*texts, strict=True)]  # type: ignore[misc]
