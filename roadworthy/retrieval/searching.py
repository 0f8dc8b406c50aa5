"""Opens an index for search, by the method that it was built for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadworthy.errors import IntegrityError, ParamsError
from roadworthy.retrieval.bm25 import Bm25
from roadworthy.retrieval.dense import Dense
from roadworthy.retrieval.fusion import fused
from roadworthy.retrieval.index_files import INDEX, StoredIndex, read_index
from roadworthy.retrieval.interface import Document, Embedder, Hit
from roadworthy.retrieval.scoring import Scores, order, searched_text

_LONGEST_QUESTION = 4_000
"""What comes after so many characters of a question is not looked at."""
_QUICK_PASSAGES, _QUICK_CHARACTERS, _QUICK_WORK = 1_000, 1_024, 500_000
"""So many passages, characters of a question, and both multiplied: searched by words in a fifth of a millisecond, which
is less than a change of threads takes."""


class Index:
    """An opened index: a `Retriever` that also gives the documents. Several threads may search it at once."""

    def __init__(self, stored: StoredIndex, embedder: Embedder | None) -> None:
        self.params = stored.params
        self.passages = stored.passages
        self.documents: Mapping[str, Document] = {document.id: document for document in stored.documents}
        self._dense = None if stored.vectors is None or embedder is None else Dense(stored.vectors, embedder)
        method = stored.params.method
        self._words = None if method == "dense" else Bm25([searched_text(passage) for passage in stored.passages])

    def search(self, question: str, count: int) -> tuple[Hit, ...]:
        """See `Retriever.search`."""
        asked = question[:_LONGEST_QUESTION]
        cosines = self._dense.scores(asked) if self._dense else None
        scores = self._scores(asked, cosines)
        return tuple(
            Hit(self.passages[at], float(scores[at]), None if cosines is None else float(cosines[at]))
            for at in order(scores)[:count]
        )

    def is_quick(self, question: str) -> bool:
        """Tell whether a search takes so little time that a thread of its own would take more."""
        passages, characters = len(self.passages), len(question)
        small = passages <= _QUICK_PASSAGES and characters <= _QUICK_CHARACTERS
        return small and passages * characters <= _QUICK_WORK and self._dense is None

    def _scores(self, question: str, cosines: Scores | None) -> NDArray[np.floating]:
        words = self._words.scores(question) if self._words else None
        given = [scores for scores in (cosines, words) if scores is not None]
        if self.params.method == "fused":
            return fused(given, self.params.rrf_k)
        # The method bm25 has cosines too where there is an embedder: they tell how strong a hit is.
        return given[-1]


def open_index(folder: Path, embedder: Embedder | None) -> Index:
    """Open the index in `folder`; `embedder` is the one that it was built with, None where it was built with none.

    Raises `IntegrityError` that names the file which is missing, was changed, or was made by another embedder, and
    `ParamsError` when the method needs an embedder and there is none.
    """
    stored = read_index(folder)
    if embedder is None and stored.params.method != "bm25":
        raise ParamsError(f"the method {stored.params.method} needs an embedder", where="index.embedder")
    if embedder is not None and embedder.identity != stored.embedder:
        raise IntegrityError(
            "The index was not built with this embedder: question and passages would not be comparable.",
            where=f"{folder / INDEX}: embedder",
            remedy="Build the index again, or give the embedder of its release.",
        )
    return Index(stored, embedder)
