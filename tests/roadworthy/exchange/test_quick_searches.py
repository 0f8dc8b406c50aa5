"""A search that takes less time than a change of threads stays in the event loop; any other leaves it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fakes.scripted_provider import ScriptedProvider
from fakes.small_assistant import WordRetriever, small_assistant
from fakes.word_embedder import WordEmbedder

from roadworthy.exchange.exchange import exchange
from roadworthy.exchange.interface import Question
from roadworthy.retrieval.index import build_index
from roadworthy.retrieval.interface import Document, Hit
from roadworthy.retrieval.searching import Index, open_index
from roadworthy.retrieval.settings import RetrievalParams

SHORT, LONG = "What is the monthly fee?", "fee " * 300


@dataclass
class NotedRetriever(WordRetriever):
    """Notes in which threads it searches."""

    threads: list[int] = field(default_factory=list)

    def search(self, question: str, count: int) -> tuple[Hit, ...]:
        """Search as ever."""
        self.threads.append(threading.get_ident())
        return super().search(question, count)


@pytest.mark.parametrize("quick", [True, False])
def test_only_a_quick_search_stays_in_the_loop(quick: bool) -> None:
    """The answer is the same."""
    retriever = NotedRetriever()
    provider = ScriptedProvider(otherwise="No monthly fee [1].")
    assistant = small_assistant(provider, retriever=retriever, is_quick_search=lambda asked: quick and asked == SHORT)
    answer = asyncio.run(exchange(assistant, Question(SHORT)))
    assert answer.citations == ("fees",)
    assert (retriever.threads == [threading.get_ident()]) == quick


def index_of(folder: Path, method: str, passages: int, embedder: WordEmbedder | None) -> Index:
    """Build and open an index of so many passages."""
    documents = [Document(f"d{number}", "Fees", f"Fee {number}.") for number in range(passages)]
    files = {"uri": "model.onnx", "sha256": "0" * 64}
    params = RetrievalParams.model_validate({"method": method, "embedder": {"model": files, "tokenizer": files}})
    build_index(documents, params, embedder, folder)
    return open_index(folder, embedder)


@pytest.mark.parametrize(
    ("method", "passages", "embeds", "quick"),
    [("bm25", 3, False, True), ("bm25", 1_001, False, False), ("bm25", 3, True, False), ("fused", 3, True, False)],
)
def test_words_in_a_small_index_are_quick(
    tmp_path: Path, method: str, passages: int, embeds: bool, quick: bool
) -> None:
    """Where nothing is embedded, and the question is short."""
    index = index_of(tmp_path / "index", method, passages, WordEmbedder() if embeds else None)
    assert index.is_quick(SHORT) == quick
    assert not index.is_quick(LONG)
