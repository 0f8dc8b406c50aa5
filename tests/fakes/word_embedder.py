"""A small, real embedder: texts that share words have a high cosine. It counts what it embeds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray


@dataclass
class WordEmbedder:
    """Hashes each word to one of `size` places; a vector holds how often each place was hit, scaled to length 1."""

    size: int = 512
    name: str = "words"
    embedded: list[str] = field(default_factory=list)
    """Every text that was embedded, in order."""

    @property
    def identity(self) -> str:
        """Differs with the name and the size."""
        return sha256(f"{self.name} {self.size}".encode()).hexdigest()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        self.embedded.extend(texts)
        return np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, self.size), np.float32)

    def _vector(self, text: str) -> NDArray[np.float32]:
        # A text without a word has a direction of its own, the last.
        vector = np.zeros(self.size, dtype=np.float32)
        for word in re.findall(r"\w+", text.lower()):
            vector[int.from_bytes(sha256(word.encode("utf-8", "replace")).digest()[:4], "big") % (self.size - 1)] += 1
        vector[-1] = not vector.any()
        return vector / np.linalg.norm(vector)
