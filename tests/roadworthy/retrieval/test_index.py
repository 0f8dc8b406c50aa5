"""An index is an artifact: equal input, equal bytes; only what changed is embedded again; no damage goes unseen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.word_embedder import WordEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st
from retrieval_samples import DOCUMENTS, params
from servers.embedding_model import MiniLmFiles

from roadworthy.digest import digest_files
from roadworthy.errors import DataError, IntegrityError, ParamsError
from roadworthy.retrieval.chunking import ChunkSize, passages
from roadworthy.retrieval.index import BuiltIndex, build_index
from roadworthy.retrieval.index_files import DOCUMENTS as DOCUMENTS_FILE
from roadworthy.retrieval.index_files import EMBEDDINGS, INDEX, PASSAGES, read_index
from roadworthy.retrieval.interface import Document
from roadworthy.retrieval.minilm import MiniLm
from roadworthy.retrieval.searching import open_index

FILES = (DOCUMENTS_FILE, PASSAGES, EMBEDDINGS, INDEX)


def built(
    folder: Path, documents: tuple[Document, ...] = DOCUMENTS, previous: Path | None = None
) -> tuple[BuiltIndex, list[str]]:
    """Build an index; return it and the texts that were embedded."""
    embedder = WordEmbedder()
    return build_index(documents, params(), embedder, folder, previous), embedder.embedded


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of three documents, a passage each."""
    return built(tmp_path / "index")[0].folder


def test_an_index_holds_the_documents_whole_and_every_passages_place(index: Path) -> None:
    """From the bundle alone one can show which words of which document an answer rests on."""
    opened = open_index(index, WordEmbedder())

    assert tuple(opened.documents.values()) == DOCUMENTS
    for passage in opened.passages:
        assert passage.text == opened.documents[passage.document].text[passage.start : passage.end]


def test_the_order_of_the_documents_does_not_matter(index: Path, tmp_path: Path) -> None:
    """Equal documents give equal bytes and an equal digest."""
    other, _ = built(tmp_path / "other", DOCUMENTS[::-1])

    assert digest_files(index) == digest_files(other.folder)
    assert other.digest == json.loads((index / INDEX).read_text())["digest"]


CHANGES = {
    "nothing": (DOCUMENTS, 0),
    "a changed text": ((replace(DOCUMENTS[0], text="Cards are blue."), *DOCUMENTS[1:]), 1),
    "a changed title": ((replace(DOCUMENTS[0], title="Found cards"), *DOCUMENTS[1:]), 1),
    "a changed id": ((replace(DOCUMENTS[0], id="zebra"), *DOCUMENTS[1:]), 0),
    "one more": ((*DOCUMENTS, Document("atm", "Cash", "Cash machines are free.")), 1),
    "one less": (DOCUMENTS[1:], 0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_only_what_changed_is_embedded_and_the_bytes_are_those_of_a_new_index(
    index: Path, tmp_path: Path, change: str
) -> None:
    """Built from the index before or anew, the result is the same; only the work differs."""
    documents, new = CHANGES[change]
    changed, embedded = built(tmp_path / "changed", documents, previous=index)
    anew, all_embedded = built(tmp_path / "anew", documents)

    assert (len(embedded), changed.embedded, changed.previous) == (new, new, "used")
    assert (len(all_embedded), anew.previous) == (len(documents), "none")
    assert digest_files(changed.folder) == digest_files(anew.folder)
    assert all(text.startswith(tuple(one.title for one in documents)) for text in embedded)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, unique=True), st.lists(st.integers(0, 20), min_size=1, unique=True))
def test_any_set_of_documents_can_follow_any_other(
    tmp_path_factory: pytest.TempPathFactory, before: list[int], after: list[int]
) -> None:
    """Whatever was there before, the bytes are those of a new index."""
    folder = tmp_path_factory.mktemp("indexes")
    earlier = tuple(Document(str(at), "Numbers", f"Number {at} is {at * at}.") for at in before)
    later = tuple(Document(str(at), "Numbers", f"Number {at} is {at * at}.") for at in after)
    built(folder / "index", earlier)
    changed, embedded = built(folder / "index", later, previous=folder / "index")

    assert len(embedded) == len(set(after) - set(before))
    assert digest_files(changed.folder) == digest_files(built(folder / "anew", later)[0].folder)


def test_equal_texts_are_embedded_once(tmp_path: Path) -> None:
    """Two copies of a page cost one embedding, and both are found."""
    twins = (Document("a", "Fees", "None."), Document("b", "Fees", "None."))
    twice, embedded = built(tmp_path / "twins", twins)

    assert (len(embedded), twice.passages) == (1, 2)


def test_the_real_model_gives_equal_bytes_from_a_previous_index_too(minilm_files: MiniLmFiles, tmp_path: Path) -> None:
    """A passage's vector does not depend on what was embedded beside it."""
    minilm = MiniLm(minilm_files.model, minilm_files.tokenizer)
    build_index(DOCUMENTS[:2], params(), minilm, tmp_path / "before")
    changed = build_index(DOCUMENTS, params(), minilm, tmp_path / "changed", tmp_path / "before")
    build_index(DOCUMENTS, params(), minilm, tmp_path / "anew")

    assert changed.embedded == 1
    assert digest_files(tmp_path / "changed") == digest_files(tmp_path / "anew")


def test_another_size_of_passages_embeds_only_other_passages(tmp_path: Path) -> None:
    """Parameters go into the index; what they leave equal is used again."""
    long = Document("long", "Long", "A sentence of some length, again and again. " * 10)
    built(tmp_path / "before", (*DOCUMENTS, long))
    embedder = WordEmbedder()
    smaller = params(longest_passage=200)
    result = build_index((*DOCUMENTS, long), smaller, embedder, tmp_path / "after", tmp_path / "before")

    assert result.embedded == len({one.title + one.text for one in passages(long, ChunkSize(200, 0))})
    assert read_index(tmp_path / "after").params == smaller


def test_embeddings_of_another_embedder_are_not_used(index: Path, tmp_path: Path) -> None:
    """Vectors of two models can't be compared."""
    embedder = WordEmbedder(name="other words")
    result = build_index(DOCUMENTS, params(), embedder, tmp_path / "new", index)

    assert (result.embedded, result.previous) == (len(DOCUMENTS), "other embedder")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", ["one bit", "cut short", "gone", "empty"])
def test_a_damaged_index_is_refused_by_the_files_name(index: Path, tmp_path: Path, file: str, damage: str) -> None:
    """Neither opened nor used for the next: that one is built anew."""
    spoil(index / file, damage)

    with pytest.raises(IntegrityError) as raised:
        open_index(index, WordEmbedder())
    assert raised.value.where == str(index / file)
    result, embedded = built(tmp_path / "next", previous=index)
    assert (len(embedded), result.previous) == (
        len(DOCUMENTS),
        "none" if (file, damage) == (INDEX, "gone") else "damaged",
    )


def spoil(file: Path, damage: str) -> None:
    """Damage the file."""
    content = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "one bit":
        file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    else:
        file.write_bytes(content[:-9] if damage == "cut short" else b"")


def test_a_record_that_was_changed_is_refused(index: Path) -> None:
    """Whoever changes a parameter in it changes the digest that stands beside it."""
    said = json.loads((index / INDEX).read_text())
    said["params"]["rrf_k"] += 1
    (index / INDEX).write_text(json.dumps(said))

    with pytest.raises(IntegrityError, match="was changed"):
        open_index(index, WordEmbedder())


def test_an_index_opens_only_with_its_own_embedder(index: Path) -> None:
    """A question embedded by another model would find nonsense, and say nothing of it."""
    with pytest.raises(IntegrityError, match="this embedder"):
        open_index(index, WordEmbedder(size=64))
    with pytest.raises(ParamsError, match="needs an embedder"):
        open_index(index, None)


def test_a_method_that_needs_an_embedder_is_not_built_without(tmp_path: Path) -> None:
    """The error comes before anything is written."""
    with pytest.raises(ParamsError, match="fused needs an embedder"):
        build_index(DOCUMENTS, params(), None, tmp_path / "index")
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    "documents", [(), (DOCUMENTS[0], DOCUMENTS[0]), (Document("a", "t", " "),), (Document("a", "t", "\0"),)]
)
def test_documents_that_nobody_could_quote_build_nothing(tmp_path: Path, documents: tuple[Document, ...]) -> None:
    """None, one twice, an empty one, a binary one."""
    with pytest.raises(DataError):
        built(tmp_path / "index", documents)
    assert not (tmp_path / "index").exists()


def test_what_was_there_stays_when_a_build_fails(index: Path) -> None:
    """An embedder that breaks leaves the index before as it was, and nothing half beside it."""

    class Broken(WordEmbedder):
        def embed(self, texts: object) -> None:  # type: ignore[override]
            raise OSError("no memory")

    before = digest_files(index)
    with pytest.raises(OSError, match="no memory"):
        build_index(DOCUMENTS, params(), Broken(), index)
    assert digest_files(index) == before
    assert [path.name for path in index.parent.iterdir()] == [index.name]


def test_progress_is_told(tmp_path: Path) -> None:
    """A first build of many documents takes a minute: one sees how far it is."""
    many = [Document(str(at), "Many", f"Text number {at}.") for at in range(300)]
    said: list[str] = []
    build_index(many, params(), WordEmbedder(), tmp_path / "index", announce=said.append)

    assert said == ["256 of 300 passages embedded …", "300 of 300 passages embedded …"]
