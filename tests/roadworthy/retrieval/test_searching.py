"""Every method of search keeps the interface's promises; each finds what it is there to find."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes.word_embedder import WordEmbedder
from retrieval_samples import DOCUMENTS, params
from servers.embedding_model import MiniLmFiles

from roadworthy.retrieval.bm25 import Bm25
from roadworthy.retrieval.index import build_index
from roadworthy.retrieval.interface import Document, Embedder, best_similarity
from roadworthy.retrieval.minilm import MiniLm
from roadworthy.retrieval.scoring import order
from roadworthy.retrieval.searching import Index, open_index

METHODS = ("bm25", "dense", "fused")
ODD_QUESTIONS = ["", " ", "the of and", "?!", "\0", "\ud800", "🙂", "zyzzyva", "card " * 100_000, "a\nb\tc"]


def index_of(folder: Path, method: str, embedder: Embedder | None, documents: Sequence[Document] = DOCUMENTS) -> Index:
    """Build and open an index."""
    build_index(documents, params(method=method), embedder, folder / "index")
    return open_index(folder / "index", embedder)


@pytest.fixture(params=METHODS)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Index:
    """An index of three documents, by each method in turn."""
    return index_of(tmp_path, request.param, WordEmbedder())


def test_the_passage_that_shares_the_questions_words_comes_first(index: Index) -> None:
    """Hits come with falling scores, and with cosines of their own."""
    hits = index.search("When is interest paid?", 3)

    assert hits[0].passage.document == "savings"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.similarity is not None and -1.001 <= hit.similarity <= 1.001 for hit in hits)


def test_at_most_so_many_hits_are_returned(index: Index) -> None:
    """And no more than there are passages."""
    assert [len(index.search("card", count)) for count in (0, 1, 2, 99)] == [0, 1, 2, len(DOCUMENTS)]


def test_equal_questions_give_equal_hits_from_several_threads_too(index: Index) -> None:
    """Evaluation and gateway ask in parallel."""
    questions = ["lost card", "loan repayment", "interest", "accounts"] * 10
    with ThreadPoolExecutor(4) as pool:
        parallel = list(pool.map(lambda question: index.search(question, 3), questions))

    assert parallel == [index.search(question, 3) for question in questions]


@pytest.mark.parametrize("question", ODD_QUESTIONS)
def test_any_question_gets_hits(index: Index, question: str) -> None:
    """Nothing, only stop words, half a character, a megabyte: never an error."""
    assert len(index.search(question, 2)) == 2


@pytest.mark.parametrize("method", METHODS)
def test_ties_go_to_the_earlier_passage(tmp_path: Path, method: str) -> None:
    """Copies of one text come in the order of their documents' ids."""
    copies = tuple(Document(name, "Fees", "There are no fees.") for name in "cab")
    hits = index_of(tmp_path, method, WordEmbedder(), copies).search("fees", 3)

    assert [hit.passage.document for hit in hits] == ["a", "b", "c"]


@pytest.mark.parametrize("method", METHODS)
def test_documents_without_a_single_word_can_be_searched(tmp_path: Path, method: str) -> None:
    """Signs and stop words are text too."""
    index = index_of(tmp_path, method, WordEmbedder(), (Document("a", "", "!?"), Document("b", "", "the")))

    assert len(index.search("anything", 5)) == 2


def test_words_alone_need_no_embedder_and_tell_no_similarity(tmp_path: Path) -> None:
    """Then nobody can say by the cosine that retrieval was weak."""
    hits = index_of(tmp_path, "bm25", None).search("lost card", 2)

    assert hits[0].passage.document == "cards"
    assert best_similarity(hits) is None


def test_words_are_stemmed_and_stop_words_do_not_count() -> None:
    """'Repaying loans' finds 'repayment of a loan'; 'the' finds nothing."""
    words = Bm25(["The repayment of a loan.", "The card."])

    assert order(words.scores("repaying loans"))[0] == 0
    assert words.scores("the").tolist() == [0, 0]


def test_scores_do_not_depend_on_the_processs_hash_seed() -> None:
    """bm25s numbers its words in the order of a set, which differs between processes."""
    code = (
        "from roadworthy.retrieval.bm25 import Bm25;"
        "texts = [f'alpha{i % 3} beta{i % 5} gamma{i % 7} word{i}' for i in range(40)];"
        "print(Bm25(texts).scores('beta1 alpha2 gamma3 word9 beta1').tobytes().hex())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(said) == 1


def test_the_best_similarity_tells_a_question_that_the_documents_answer(
    minilm_files: MiniLmFiles, tmp_path: Path
) -> None:
    """With the real model the default bound lies between a question about cards and one about the weather."""
    index = index_of(tmp_path, "fused", MiniLm(minilm_files.model, minilm_files.tokenizer))
    bound = index.params.weakest_similarity
    answered = best_similarity(index.search("My bank card was stolen, what now?", 3))
    strange = best_similarity(index.search("Will it rain in Lisbon tomorrow?", 3))

    assert answered is not None
    assert strange is not None
    assert answered > bound > strange
