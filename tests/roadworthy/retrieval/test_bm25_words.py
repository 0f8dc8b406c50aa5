"""The words that are searched for: those of bm25s, found without its bars of progress."""

from __future__ import annotations

import bm25s
import Stemmer
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.retrieval.bm25 import _words

WRITTEN = st.lists(
    st.sampled_from(
        ["The", "fees", "fee", "x", "Straße", "\u0130stanbul", "’s", "running\n", "it", "42", "a_b", "\ud800"]
    )
).map(" ".join)


@given(st.lists(WRITTEN | st.text(st.characters(codec="utf-8")), max_size=4))
def test_texts_have_the_words_that_bm25s_gives_them(texts: list[str]) -> None:
    """Any texts, together or alone: the same stems in the same order, so that indexes and scores stay as they were."""
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    expected = bm25s.tokenize(
        clean,
        token_pattern=r"(?u)\b\w\w+\b",
        stopwords="en",
        stemmer=Stemmer.Stemmer("english"),
        return_ids=False,
        show_progress=False,
    )
    assert _words(texts) == expected
    assert [_words([text])[0] for text in texts] == expected
