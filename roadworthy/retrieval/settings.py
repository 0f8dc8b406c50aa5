"""The parameters of retrieval: how documents are cut, which method searches them, what embeds them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Method = Literal["bm25", "dense", "fused"]
"""bm25: by words. dense: by the meaning of embeddings. fused: both, by reciprocal rank."""


class _Section(BaseModel):
    # Not params' own: params is made of its sections, and nothing may go in a circle.
    model_config = ConfigDict(frozen=True, extra="forbid")


class PinnedFile(_Section):
    """A file, and the digest that it has to have."""

    uri: str = Field(min_length=1)
    """A path, an s3:// or https:// address, or a package URL: pkg:pypi/NAME@VERSION#FILE/IN/THE/ARCHIVE."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class EmbedderFiles(_Section):
    """What the embedder is made of; embeddings change with each of these."""

    model: PinnedFile
    """An ONNX model that takes input_ids, attention_mask and token_type_ids, and gives last_hidden_state."""
    tokenizer: PinnedFile
    """A tokenizer.json, as the Hugging Face library `tokenizers` writes it."""
    longest: int = Field(default=256, ge=8, le=512)
    """How many tokens of a text are looked at; what comes after them does not count."""


class RetrievalParams(_Section):
    """How passages are made and found."""

    longest_passage: int = Field(default=1000, ge=100)
    """The most characters in a passage."""
    overlap: int = Field(default=0, ge=0)
    """How many characters of the passage before it a passage says again; they count into its length."""
    method: Method = "fused"
    count: int = Field(default=5, ge=1)
    """How many passages a search returns."""
    rrf_k: int = Field(default=20, ge=1)
    """The constant of reciprocal rank fusion: the larger, the less the first ranks stand out. The paper took 60."""
    weakest_similarity: float = Field(default=0.4, ge=-1, le=1)
    """With a best cosine below this, retrieval counts as weak: the answer is not in the documents."""
    embedder: EmbedderFiles | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.overlap > self.longest_passage // 2:
            raise ValueError("overlap is more than half of longest_passage")
        if self.method != "bm25" and self.embedder is None:
            raise ValueError(f"the method {self.method} needs an embedder: name its model and its tokenizer")
        return self
