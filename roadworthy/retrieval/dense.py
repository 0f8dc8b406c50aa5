"""Search by meaning: the cosine of the question's embedding with each passage's, all of them looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roadworthy.retrieval.interface import Embedder
from roadworthy.retrieval.scoring import Scores


class Dense:
    """Exact search: under some 5,000 passages it takes a millisecond, and an approximate index would only lose hits."""

    def __init__(self, vectors: NDArray[np.float32], embedder: Embedder) -> None:
        self._vectors = vectors
        self._embedder = embedder

    def scores(self, question: str) -> Scores:
        """See `Scorer.scores`: cosines, from −1 to 1."""
        (vector,) = self._embedder.embed([question])
        return np.asarray(self._vectors @ vector, dtype=np.float32)
