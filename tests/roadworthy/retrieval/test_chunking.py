"""Documents are cut into passages whose spans are exact."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from roadworthy.retrieval.chunking import ChunkSize, passages
from roadworthy.retrieval.interface import Document

_LINES = st.sampled_from(
    [
        "# Fees",
        "## Cards",
        "###",
        "```",
        "~~~~",
        "",
        "   ",
        "- one item",
        "A sentence. Another one! And a third?",
        "x" * 150,
    ]
)
_TEXTS = st.one_of(st.text(min_size=1), st.lists(_LINES | st.text(), min_size=1).map("\n".join).filter(bool))
_SIZES = st.integers(100, 400).flatmap(
    lambda longest: st.builds(ChunkSize, st.just(longest), st.integers(0, longest // 2))
)


def cut(text: str, longest: int, overlap: int = 0, title: str = "Guide") -> list[tuple[str, str]]:
    """Return the passages' titles and texts."""
    return [(one.title, one.text) for one in passages(Document("d", title, text), ChunkSize(longest, overlap))]


@given(_TEXTS, _SIZES)
def test_every_character_is_in_a_passage_and_every_span_is_exact(text: str, size: ChunkSize) -> None:
    """Nothing of a document is lost, nothing is too long, and text == document.text[start:end]."""
    found = passages(Document("d", "Guide", text), size)

    assert all(one.text == text[one.start : one.end] and 0 < len(one.text) <= size.longest for one in found)
    assert {at for one in found for at in range(one.start, one.end)} == set(range(len(text)))
    assert [one.start for one in found] == sorted({one.start for one in found})


@given(_TEXTS, _SIZES)
def test_equal_documents_are_cut_equally(text: str, size: ChunkSize) -> None:
    """The same text and size always give the same passages."""
    assert passages(Document("d", "t", text), size) == passages(Document("d", "t", text), size)


@given(_TEXTS, _SIZES)
def test_what_is_repeated_is_at_most_the_overlap(text: str, size: ChunkSize) -> None:
    """A passage says again at most so many characters of the one before."""
    found = passages(Document("d", "Guide", text), size)

    assert all(before.end - after.start <= size.overlap for before, after in pairwise(found))


def test_a_document_that_fits_is_one_passage() -> None:
    """Short documents stay whole, under their title."""
    assert cut("# Fees\n\nNone.\n\n# Limits\n\nThree.", 1000) == [("Guide", "# Fees\n\nNone.\n\n# Limits\n\nThree.")]


def test_sections_are_kept_together_and_named_by_the_headings_above() -> None:
    """A cut comes at a heading first; a passage's title tells the headings that it does not hold itself."""
    text = f"# Cards\n\n## Fees\n\n{'a ' * 30}\n\n{'b ' * 30}\n\n## Limits\n\n{'c ' * 30}\n"

    assert cut(text, 100) == [
        ("Guide", f"# Cards\n\n## Fees\n\n{'a ' * 30}\n\n"),
        ("Guide › Cards › Fees", f"{'b ' * 30}\n\n"),
        ("Guide › Cards", f"## Limits\n\n{'c ' * 30}\n"),
    ]


def test_a_heading_that_repeats_the_title_is_not_told_twice() -> None:
    """Documents often begin with their title as a heading."""
    assert cut(f"# Guide\n\n{'a ' * 40}\n\n{'b ' * 40}", 100)[1][0] == "Guide"


def test_a_comment_in_code_is_no_heading() -> None:
    """A # between fences starts no section, and is in no title."""
    text = f"# Use\n\n```\n# install\n{'a ' * 45}\n```\n\n{'b ' * 30}"

    assert {title for title, _ in cut(text, 110)} == {"Guide", "Guide › Use"}


def test_an_overlap_begins_at_a_sentence_and_never_crosses_a_heading() -> None:
    """What is repeated can be read by itself, and a section does not begin with the end of another."""
    text = f"{'a ' * 20}end. Few words here. {'b ' * 40}\n\n# Next\n\n{'c ' * 40}"
    found = cut(text, 120, overlap=25)

    assert found[1][1].startswith("Few words here. b")
    assert any(passage.startswith("# Next") for _, passage in found)


def test_a_word_longer_than_a_passage_is_cut() -> None:
    """Even text without any place to cut fits."""
    assert [len(text) for _, text in cut("x" * 250, 100)] == [100, 100, 50]
