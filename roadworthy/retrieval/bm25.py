"""Search by words: Okapi BM25 over stems."""

# Late imports: start-up time.
from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.retrieval.scoring import Scores

if TYPE_CHECKING:
    import bm25s

K1, B = 1.5, 0.75
"""How soon a repeated word counts less, and how much a long passage is discounted."""

_WORD = re.compile(r"(?u)\b\w\w+\b")


class Bm25:
    """BM25 in Lucene's form (Kamphuis et al., Which BM25 do you mean?, ECIR 2020), by bm25s.

    English stop words go; the rest is stemmed by Snowball. Needs no file of its own: 5,000 passages take a second.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._count = len(texts)
        self._index = _index(_words(texts))

    def scores(self, question: str) -> Scores:
        """See `Scorer.scores`; 0 for a passage that shares no word with the question."""
        (words,) = _words([question])
        if self._index is None or not words:
            return np.zeros(self._count, dtype=np.float32)
        return np.asarray(self._index.get_scores(words), dtype=np.float32)


def _index(words: list[list[str]]) -> bm25s.BM25 | None:
    import bm25s

    # Without a single word bm25s has nothing to index, and fails.
    if not any(words):
        return None
    index = bm25s.BM25(k1=K1, b=B)
    index.index(words, show_progress=False)
    return index


def _words(texts: Sequence[str]) -> list[list[str]]:
    """Return the stems of the words of each text, as `bm25s.tokenize` does, without its bars of progress."""
    import Stemmer

    # A new stemmer each time: one can't be used by two threads.
    stem, common = Stemmer.Stemmer("english").stemWords, _common_words()
    clean = (text.encode("utf-8", "replace").decode("utf-8") for text in texts)
    return [stem([word for word in _WORD.findall(text.lower()) if word not in common]) for text in clean]


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    from bm25s.stopwords import STOPWORDS_EN

    return frozenset(STOPWORDS_EN)
