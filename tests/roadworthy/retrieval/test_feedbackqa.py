"""On people's real questions, words and meaning together find what either alone misses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from retrieval_samples import params
from servers.embedding_model import MiniLmFiles

from roadworthy.retrieval.index import build_index
from roadworthy.retrieval.interface import Document
from roadworthy.retrieval.minilm import MiniLm
from roadworthy.retrieval.searching import Index, open_index

COLLECTION = "WHO"
"""The smallest of four, 226 documents and 101 questions; benchmarks/retrieval.py measures on all."""


@pytest.fixture(scope="module")
def feedbackqa() -> Path:
    """The corpus's folder, beside the repository."""
    folder = Path(__file__).resolve().parents[4] / "shared" / "corpora" / "feedbackqa"
    if not folder.is_dir():
        pytest.skip("the corpus feedbackqa is not there")
    return folder


def rows(file: Path) -> list[dict[str, str]]:
    """Return the collection's lines."""
    lines = [json.loads(line) for line in file.read_text().split("\n") if line]
    return [line for line in lines if line["collection"] == COLLECTION]


def documents(folder: Path) -> list[Document]:
    """Return the collection's passages as documents."""
    return [
        Document(row["doc_id"], row["title"], "\n\n".join([*(f"## {name}" for name in row["headers"]), row["text"]]))
        for row in rows(folder / "passages.jsonl")
    ]


def recall(index: Index, queries: list[dict[str, str]]) -> float:
    """Return the share of queries whose document is among the first ten hits'."""
    found = [
        query["gold_doc_id"] in {hit.passage.document for hit in index.search(query["query"], 10)} for query in queries
    ]
    return sum(found) / len(found)


@pytest.mark.corpora
def test_fused_search_finds_what_either_method_alone_misses(
    feedbackqa: Path, minilm_files: MiniLmFiles, tmp_path: Path
) -> None:
    """recall@10 is at least .95 with both, and better than with either."""
    # Short, for the time that it takes.
    minilm = MiniLm(minilm_files.model, minilm_files.tokenizer, longest=32)
    queries, found = rows(feedbackqa / "queries_valid.jsonl"), {}
    for method in ("fused", "bm25", "dense"):
        chosen = params(method=method, longest_passage=2000)
        build_index(documents(feedbackqa), chosen, minilm, tmp_path / method, previous=tmp_path / "fused")
        found[method] = recall(open_index(tmp_path / method, minilm), queries)

    assert found["fused"] >= 0.95
    assert found["fused"] > max(found["bm25"], found["dense"])
