"""The small sentence transformer gives the same vectors whatever else it embeds, and close ones for close meanings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from servers.embedding_model import MiniLmFiles

from roadworthy.errors import DataError
from roadworthy.retrieval.minilm import MiniLm

TEXTS = ["How do I report a lost card?", "A loan.", "Interest is paid monthly on savings. " * 20, "", "\ud800 half"]


@pytest.fixture(scope="module")
def minilm(minilm_files: MiniLmFiles) -> MiniLm:
    """The real model."""
    return MiniLm(minilm_files.model, minilm_files.tokenizer)


def test_a_vector_depends_on_its_text_alone(minilm: MiniLm) -> None:
    """Bit for bit: an index that is rebuilt in part embeds other texts together than one built anew."""
    together = minilm.embed(TEXTS)
    alone = np.concatenate([minilm.embed([text]) for text in reversed(TEXTS)])[::-1]

    assert together.tobytes() == alone.tobytes()


def test_threads_change_no_number(minilm: MiniLm) -> None:
    """So they are no part of the identity, and each machine may take as many as it has."""
    faster = replace(minilm, threads=3)

    assert faster.embed(TEXTS).tobytes() == minilm.embed(TEXTS).tobytes()
    assert faster.identity == minilm.identity


def test_vectors_have_length_1_and_follow_the_meaning(minilm: MiniLm) -> None:
    """A question is closer to the passage that answers it in other words than to one that does not."""
    vectors = minilm.embed(["My card was stolen", "Reporting theft of a debit card", "Interest on savings accounts"])

    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[2] + 0.2


def test_it_gives_what_the_reference_implementation_gives(minilm: MiniLm) -> None:
    """Padded in a batch and averaged over the mask, as sentence-transformers does it, the vectors are close to ours."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(minilm.tokenizer))
    tokenizer.enable_padding()
    tokenizer.enable_truncation(minilm.longest)
    encoded = tokenizer.encode_batch(TEXTS[:3])
    mask = np.array([one.attention_mask for one in encoded])
    ids = np.array([one.ids for one in encoded])
    session = onnxruntime.InferenceSession(str(minilm.model), providers=["CPUExecutionProvider"])
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden = np.asarray(session.run(None, inputs)[0])
    mean = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)

    assert np.allclose(minilm.embed(TEXTS[:3]), mean / np.linalg.norm(mean, axis=1, keepdims=True), atol=1e-4)


def test_only_the_beginning_of_a_long_text_counts(minilm: MiniLm) -> None:
    """What comes after the last token that is looked at changes nothing, and megabytes cost no more than a page."""
    brief = replace(minilm, longest=16)
    page = "one two three four five six seven eight nine ten " * 10

    assert brief.embed([page]).tobytes() == brief.embed([page + "and more " * 1_000_000]).tobytes()
    assert brief.identity != minilm.identity


def test_no_texts_give_no_rows(minilm: MiniLm) -> None:
    """Nothing to embed is not an error."""
    assert len(minilm.embed([])) == 0


@pytest.mark.parametrize("file", ["model", "tokenizer"])
def test_a_file_that_is_no_model_is_named(minilm: MiniLm, tmp_path: Path, file: str) -> None:
    """A broken download gives an error that says which file it is."""
    broken = tmp_path / file
    broken.write_bytes(b"<html>not found</html>")

    with pytest.raises(DataError) as raised:
        replace(minilm, **{file: broken}).embed(["text"])
    assert str(broken) in str(raised.value)


def test_a_missing_file_is_named(minilm: MiniLm, tmp_path: Path) -> None:
    """So does a file that is not there."""
    with pytest.raises(DataError) as raised:
        _ = replace(minilm, model=tmp_path / "none.onnx").identity
    assert "none.onnx" in str(raised.value)
