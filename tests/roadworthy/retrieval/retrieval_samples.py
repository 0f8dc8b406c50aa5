"""Documents and parameters for the tests of retrieval."""

from __future__ import annotations

from roadworthy.retrieval.interface import Document
from roadworthy.retrieval.settings import EmbedderFiles, PinnedFile, RetrievalParams

_FILE = PinnedFile(uri="model.onnx", sha256="0" * 64)
EMBEDDER = EmbedderFiles(model=_FILE, tokenizer=_FILE)

DOCUMENTS = (
    Document("cards", "Lost cards", "## Report\n\nReport a lost card by telephone.\n\n## Fees\n\nA new card is free."),
    Document("loans", "Loans", "A loan is paid back within ten years. Early repayment costs nothing."),
    Document("savings", "Savings", "## Interest\n\nInterest is paid monthly.\n\n## Limits\n\nAt most three accounts."),
)


def params(**changes: object) -> RetrievalParams:
    """Return the default parameters with these changes; the embedder's files are never opened."""
    return RetrievalParams.model_validate({"embedder": EMBEDDER, **changes})
