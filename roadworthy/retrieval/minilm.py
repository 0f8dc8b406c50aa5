"""An embedder that runs a small sentence transformer (MiniLM) by ONNX Runtime, on the processor."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes, digest_file
from roadworthy.errors import DataError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

_CHARACTERS_PER_TOKEN = 20
"""Longer texts are cut before they are tokenized, so that a text of megabytes costs no more than a page."""

_WAY = "mean of the last hidden state, length 1, one text at a time"


@dataclass(frozen=True)
class MiniLm:
    """Mean-pools the last hidden state over the tokens and scales it to length 1 (Reimers and Gurevych 2019).

    Texts go through the model one at a time. In a batch they are padded, and a number's last bits then depend on the
    texts beside it; this way an index that was rebuilt in part has the same bytes as one built anew. Files that can't
    be used raise `DataError` at the first use.
    """

    model: Path
    tokenizer: Path
    longest: int = 256
    """How many tokens of a text are looked at."""
    threads: int = 1
    """How many texts are embedded at once; changes no number, because each text has one thread to itself."""

    @cached_property
    def identity(self) -> str:
        """The SHA-256 over both files' digests and what else decides the numbers."""
        parts = {
            "model": self._file_digest(self.model),
            "tokenizer": self._file_digest(self.tokenizer),
            "longest": self.longest,
            "way": _WAY,
        }
        return digest_bytes(canonical_json(parts))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`; an empty sequence gives no rows."""
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        # Made here, before threads could each make their own.
        session, tokenizer = self._session, self._tokenizer
        with ThreadPoolExecutor(self.threads) as pool:
            return np.stack(list(pool.map(lambda text: self._embed_one(text, session, tokenizer), texts)))

    def _embed_one(self, text: str, session: InferenceSession, tokenizer: Tokenizer) -> NDArray[np.float32]:
        tokens = np.array([tokenizer.encode(self._cut(text)).ids], dtype=np.int64)
        inputs = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        (hidden,) = session.run(["last_hidden_state"], inputs)
        mean: NDArray[np.float32] = np.asarray(hidden)[0].mean(axis=0, dtype=np.float32)
        return mean / np.linalg.norm(mean)

    def _cut(self, text: str) -> str:
        # A lone surrogate is no character, and the tokenizer, which is not Python, can't take it.
        return text[: self.longest * _CHARACTERS_PER_TOKEN].encode("utf-8", "replace").decode("utf-8")

    @cached_property
    def _session(self) -> InferenceSession:
        import onnxruntime

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            return onnxruntime.InferenceSession(str(self.model), options, providers=["CPUExecutionProvider"])
        # ONNX Runtime raises a class of its own for each way in which a file can be broken.
        except Exception as error:
            raise _unusable(self.model, "embedder.model", error) from error

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(self.tokenizer))
        # The library raises plain Exception.
        except Exception as error:
            raise _unusable(self.tokenizer, "embedder.tokenizer", error) from error
        # The file may ask for padding to a fixed length, which would be averaged over.
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.longest)
        return tokenizer

    def _file_digest(self, path: Path) -> str:
        try:
            return digest_file(path)
        except OSError as error:
            raise _unusable(path, "embedder", error) from error


def _unusable(path: Path, field: str, error: Exception) -> DataError:
    return DataError(
        f"This embedder can't be used: {error}",
        where=f"{path} (index: {field})",
        remedy="Name another file there, or remove this one so that it is fetched again.",
    )
