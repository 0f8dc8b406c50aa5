"""What retrieval gives: passages of documents with their place, and how well they fit a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Document:
    """A text that the assistant may quote."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Passage:
    """A piece of a document that is retrieved as one."""

    document: str
    """The document's id."""
    title: str
    text: str
    start: int
    """The span in the document's text, in characters: text == document.text[start:end]."""
    end: int


@dataclass(frozen=True)
class Hit:
    """A passage that fits a question."""

    passage: Passage
    score: float
    """Comparable within one search only; higher is better."""
    similarity: float | None = None
    """The cosine of question and passage, from −1 to 1, comparable between searches; None without embeddings."""


def best_similarity(hits: Sequence[Hit]) -> float | None:
    """Return the highest similarity of a search's hits; None when there is none to tell by."""
    return max((hit.similarity for hit in hits if hit.similarity is not None), default=None)


class Embedder(Protocol):
    """Turns texts into vectors of length 1."""

    @property
    def identity(self) -> str:
        """The SHA-256 over everything that the vectors depend on."""

    def embed(self, texts: Sequence[str]) -> NDArray[numpy.float32]:
        """Return one row a text."""


class Retriever(Protocol):
    """Finds passages."""

    def search(self, question: str, count: int) -> tuple[Hit, ...]:
        """Return at most `count` hits, the best first; equal questions give equal hits."""
