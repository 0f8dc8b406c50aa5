"""Builds the index from documents, and embeds again only what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from roadworthy.errors import IntegrityError, ParamsError
from roadworthy.retrieval.chunking import ChunkSize, passages
from roadworthy.retrieval.document_reading import check_documents
from roadworthy.retrieval.index_files import INDEX, StoredIndex, Vectors, read_index, write_index
from roadworthy.retrieval.interface import Document, Embedder
from roadworthy.retrieval.scoring import searched_text
from roadworthy.retrieval.settings import RetrievalParams

PreviousIndex = Literal["none", "used", "other embedder", "damaged"]
"""What became of the embeddings that were there before."""

_AT_ONCE = 256
"""So many passages are embedded between two words of progress."""


@dataclass(frozen=True)
class BuiltIndex:
    """What was built, and how much of it was new."""

    folder: Path
    digest: str
    documents: int
    passages: int
    embedded: int
    """How many different passages had to be embedded; the rest was embedded before."""
    previous: PreviousIndex


def build_index(
    documents: Sequence[Document],
    params: RetrievalParams,
    embedder: Embedder | None,
    folder: Path,
    previous: Path | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> BuiltIndex:
    """Write the documents' index into `folder`; equal input gives equal bytes, with `previous` or without.

    `previous` is an index whose embeddings are used again where a passage's text is the same; it may be `folder`, and
    one that is damaged or not there is done without. Raises `DataError` as `check_documents` does, and `ParamsError`
    when the method needs an embedder and there is none.
    """
    check_documents(documents, "the index's documents")
    if embedder is None and params.method != "bm25":
        raise ParamsError(f"the method {params.method} needs an embedder", where="index.embedder")
    kept = tuple(sorted(documents, key=lambda document: document.id))
    size = ChunkSize(params.longest_passage, params.overlap)
    found = tuple(passage for document in kept for passage in passages(document, size))
    if embedder is None:
        record = write_index(StoredIndex(params, kept, found), folder)
        return BuiltIndex(folder, record.digest, len(kept), len(found), 0, "none")
    known, state = _known(previous, embedder.identity)
    texts = [searched_text(passage) for passage in found]
    new = _embedded([text for text in dict.fromkeys(texts) if text not in known], embedder, announce)
    vectors = np.stack([new[text] if text in new else known[text] for text in texts])
    record = write_index(StoredIndex(params, kept, found, embedder.identity, vectors), folder)
    return BuiltIndex(folder, record.digest, len(kept), len(found), len(new), state)


def _known(previous: Path | None, identity: str) -> tuple[Mapping[str, Vectors], PreviousIndex]:
    if previous is None or not (previous / INDEX).exists():
        return {}, "none"
    try:
        stored = read_index(previous)
    except IntegrityError:
        return {}, "damaged"
    if stored.embedder != identity or stored.vectors is None:
        return {}, "other embedder"
    return {searched_text(passage): row for passage, row in zip(stored.passages, stored.vectors, strict=True)}, "used"


def _embedded(texts: list[str], embedder: Embedder, announce: Callable[[str], None]) -> dict[str, Vectors]:
    vectors: dict[str, Vectors] = {}
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        vectors |= zip(some, embedder.embed(some), strict=True)
        announce(f"{len(vectors):,} of {len(texts):,} passages embedded …")
    return vectors
