"""What every method of search looks at and gives: a number for each passage, and the order that follows."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from roadworthy.retrieval.interface import Passage

Scores = NDArray[np.float32]
"""One number a passage, in the index's order of passages."""


class Scorer(Protocol):
    """Says of each passage how well it fits a question."""

    def scores(self, question: str) -> Scores:
        """Return the passages' scores; higher is better."""


def order(scores: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the passages' places, the best first; of equal ones the earlier passage, so that ties never vary."""
    return np.argsort(-scores, kind="stable")


def searched_text(passage: Passage) -> str:
    """Return what is searched of a passage: its title too, which often says what the text takes for granted."""
    return f"{passage.title}\n{passage.text}"
