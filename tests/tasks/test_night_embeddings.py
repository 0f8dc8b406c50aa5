"""A night embeds its own questions alone: those of nights before were kept, and go with the contents."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
from fakes.any_events import a_content, an_event
from fakes.memory_store import MemoryStore
from fakes.word_embedder import WordEmbedder
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import Unavailable
from roadworthy.params.retention import RetentionParams
from roadworthy.telemetry.lines import content_line, event_line
from roadworthy.telemetry.places import CONTENTS, EMBEDDINGS
from roadworthy.telemetry.sealing import seal_segments
from tasks.night_assistants import assistant_document, judge_assistant_night
from tasks.night_embeddings import embedded
from tasks.retention import scan, sweep

NIGHT = date(2026, 7, 14)
QUESTIONS = ("is the card free of fees", "cash machine limit per day", "transfer money abroad now")
A_NIGHT = 60


@pytest.fixture
def store(tmp_path: Path) -> MemoryStore:
    """Nineteen nights of questions, in another order each night."""
    store = MemoryStore()
    for day in range(18, -1, -1):
        lines, begin = [], datetime.combine(NIGHT - timedelta(days=day), time(), UTC)
        for number in range(A_NIGHT):
            at, name = begin + timedelta(minutes=number), f"{day}-{number}"
            text = f"{QUESTIONS[(number + day) % 3]} {number}"
            lines += [event_line(an_event(name, at, release=1)), content_line(a_content(name, at, question=text))]
        (tmp_path / f"{day}.jsonl").write_bytes(b"".join(lines))
    seal_segments(tmp_path, store)
    return store


def judged(store: MemoryStore, embedder: WordEmbedder, night: date = NIGHT) -> dict[str, object]:
    """Return what the report says of a night."""
    return assistant_document(judge_assistant_night(store, "help", night, embedder, reference_nights=16))


def kept(store: MemoryStore) -> list[str]:
    """Return the keys of what was embedded."""
    return store.keys(f"{EMBEDDINGS}/")


def test_a_night_embeds_only_its_own_questions_and_says_the_same(store: MemoryStore) -> None:
    """The first night embeds all; the next one sixty questions, and its report is that of one who kept nothing."""
    first, second, fresh = WordEmbedder(size=32), WordEmbedder(size=32), WordEmbedder(size=32)
    judged(store, first, NIGHT - timedelta(days=1))
    assert len(first.embedded) == 17 * A_NIGHT
    told = judged(store, second)
    assert len(second.embedded) == A_NIGHT
    assert len(kept(store)) == 18
    for key in kept(store):
        store.remove(key)
    assert judged(store, fresh) == told and len(fresh.embedded) == 17 * A_NIGHT


def test_another_model_embeds_anew(store: MemoryStore) -> None:
    """Its vectors are others."""
    judged(store, WordEmbedder(size=32))
    other = WordEmbedder(size=32, name="other words")
    judged(store, other)
    assert len(other.embedded) == 17 * A_NIGHT


def test_what_was_embedded_goes_with_the_contents(store: MemoryStore, tmp_path: Path) -> None:
    """On the same day, though events stay; a scan proves it."""
    judged(store, WordEmbedder(size=32))
    policy = RetentionParams(content_days=5)
    days = {f"date={NIGHT - timedelta(days=back)}" for back in range(6)}
    assert len(scan(store, tmp_path, policy, NIGHT).contents) == 13 + 11
    sweep(store, tmp_path, policy, NIGHT)
    for kind in (CONTENTS, EMBEDDINGS):
        assert {key.split("/")[2] for key in store.keys(f"{kind}/")} == days


@given(texts=st.lists(st.text(st.characters()), min_size=1, max_size=5))
def test_what_is_kept_is_what_was_embedded_bit_by_bit(texts: list[str]) -> None:
    """Whatever people write; the second time nobody is asked."""
    store, embedder = MemoryStore(), WordEmbedder(size=16)
    first = embedded(store, "help", NIGHT, texts, embedder)
    again = embedded(store, "help", NIGHT, texts, embedder)
    assert first.tobytes() == again.tobytes() and first.dtype == again.dtype == np.float32
    assert len(embedder.embedded) == len(texts)


@pytest.mark.parametrize("damage", [b"", b"{}", b"0" * 64 + b"nothing"])
def test_what_is_damaged_is_embedded_again(damage: bytes) -> None:
    """It is no reason to lose a night."""
    store, embedder, texts = MemoryStore(), WordEmbedder(size=16), ["How?"]
    first = embedded(store, "help", NIGHT, texts, embedder)
    (key,) = kept(store)
    store.remove(key)
    store.create(key, damage)
    assert (embedded(store, "help", NIGHT, texts, embedder) == first).all()
    assert len(embedder.embedded) == 2


class _Full(MemoryStore):
    """A store without room."""

    def create(self, key: str, content: bytes) -> None:
        """Refuse."""
        raise Unavailable("The disk is full; nothing was written.", where=key, remedy="free some space")


def test_a_store_that_is_full_fails_no_night() -> None:
    """The next night embeds them again."""
    assert len(embedded(_Full(), "help", NIGHT, ["How?"], WordEmbedder(size=16))) == 1
