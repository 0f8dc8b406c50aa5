"""The index as files: what is in its folder, and that each file is what was written."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from roadworthy.atomic import replacing_folder_or_file, write_bytes
from roadworthy.canonical import canonical_json, readable_json
from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError
from roadworthy.retrieval.interface import Document, Passage
from roadworthy.retrieval.settings import RetrievalParams

INDEX = "index.json"
DOCUMENTS = "documents.jsonl"
PASSAGES = "passages.jsonl"
EMBEDDINGS = "embeddings.npy"

Vectors = NDArray[np.float32]
"""One row a passage, of length 1."""


class IndexRecord(BaseModel):
    """What index.json says; its digest is the whole index's, because it holds the other files'."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    params: RetrievalParams
    embedder: str | None
    """The identity of the embedder that made the embeddings; None when there are none."""
    files: dict[str, str]
    """Each other file's SHA-256."""

    @property
    def digest(self) -> str:
        """The index's digest."""
        return digest_bytes(canonical_json(self.model_dump(mode="json")))


@dataclass(frozen=True)
class StoredIndex:
    """An index's content."""

    params: RetrievalParams
    documents: tuple[Document, ...]
    """Sorted by id, with their full text."""
    passages: tuple[Passage, ...]
    """In the order of the documents."""
    embedder: str | None = None
    vectors: Vectors | None = None


def write_index(index: StoredIndex, folder: Path) -> IndexRecord:
    """Put the index in the place of `folder` in one step; equal indexes are equal bytes."""
    contents = {
        DOCUMENTS: _lines(vars(document) for document in index.documents),
        PASSAGES: _lines(_place(passage) for passage in index.passages),
    }
    if index.vectors is not None:
        contents[EMBEDDINGS] = _npy(index.vectors)
    digests = {name: digest_bytes(content) for name, content in contents.items()}
    record = IndexRecord(params=index.params, embedder=index.embedder, files=digests)
    with replacing_folder_or_file(folder) as temporary:
        for name, content in contents.items():
            write_bytes(temporary / name, content)
        write_bytes(temporary / INDEX, readable_json({**record.model_dump(mode="json"), "digest": record.digest}))
    return record


def read_index(folder: Path) -> StoredIndex:
    """Return the index in `folder`. Raises `IntegrityError` that names the file which is missing or was changed."""
    record = read_record(folder)
    contents = {name: _checked(folder / name, digest) for name, digest in record.files.items()}
    try:
        documents = tuple(Document(**line) for line in _parsed(contents[DOCUMENTS]))
        texts = {document.id: document.text for document in documents}
        passages = tuple(_passage(line, texts) for line in _parsed(contents[PASSAGES]))
        vectors = _vectors(contents, len(passages)) if record.embedder else None
    # Its digest is right, so somebody wrote it wrong: whatever that raises, it is no index.
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(folder, f"its files do not fit together: {error!r}") from error
    return StoredIndex(record.params, documents, passages, record.embedder, vectors)


def read_record(folder: Path) -> IndexRecord:
    """Return what index.json says. Raises `IntegrityError` when it is missing or was changed."""
    path = folder / INDEX
    try:
        said = json.loads(_read(path))
        digest = said.pop("digest")
        record = IndexRecord.model_validate(said)
    except (KeyError, TypeError, AttributeError, ValueError, ValidationError) as error:
        raise _broken(path, f"it is no record of an index: {error}") from error
    if digest != record.digest:
        raise _broken(path, "it was changed")
    if missing := {DOCUMENTS, PASSAGES} - set(record.files):
        raise _broken(path, f"it does not tell of {', '.join(sorted(missing))}")
    return record


def _place(passage: Passage) -> dict[str, Any]:
    # Without its text, which the document holds: so a span can't be wrong.
    return {"document": passage.document, "title": passage.title, "start": passage.start, "end": passage.end}


def _passage(line: Mapping[str, Any], texts: Mapping[str, str]) -> Passage:
    start, end = line["start"], line["end"]
    text = texts[line["document"]]
    if not 0 <= start < end <= len(text):
        raise ValueError(f"a passage of {line['document']} lies outside of it")
    return Passage(line["document"], line["title"], text[start:end], start, end)


def _lines(values: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()


def _parsed(content: bytes) -> list[dict[str, Any]]:
    # Not splitlines: that cuts at U+2028 too.
    return [json.loads(line) for line in content.decode().split("\n") if line]


def _npy(vectors: Vectors) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(vectors, dtype="<f4"), allow_pickle=False)
    return buffer.getvalue()


def _vectors(contents: Mapping[str, bytes], rows: int) -> Vectors:
    vectors = np.load(io.BytesIO(contents[EMBEDDINGS]), allow_pickle=False)
    if vectors.dtype != np.float32 or vectors.ndim != 2 or len(vectors) != rows:
        raise ValueError(f"{EMBEDDINGS} does not hold one row a passage")
    return np.asarray(vectors, dtype=np.float32)


def _checked(path: Path, digest: str) -> bytes:
    content = _read(path)
    if digest_bytes(content) != digest:
        raise _broken(path, "it is not what the index was made of")
    return content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _broken(path, f"it can't be read: {error.strerror or error}") from error


def _broken(path: Path, reason: str) -> IntegrityError:
    return IntegrityError(
        f"The retrieval index can't be used: {reason}.",
        where=str(path),
        remedy="Build the index again, or fetch the release again.",
    )
