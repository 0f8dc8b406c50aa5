"""An assistant's night: what telemetry and pinned questions show of four kinds of drift, and what it lacks, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
from fakes.any_events import an_event
from fakes.memory_store import MemoryStore
from fakes.word_embedder import WordEmbedder

from roadworthy.drift.kinds.interface import DriftKind, State
from roadworthy.errors import IntegrityError
from roadworthy.retrieval.index import build_index
from roadworthy.retrieval.interface import Document
from roadworthy.retrieval.searching import open_index
from roadworthy.retrieval.settings import RetrievalParams
from roadworthy.telemetry.event import Called, Content, Event, Prompted, Retrieved, Returned
from roadworthy.telemetry.lines import content_line, event_line
from roadworthy.telemetry.sealing import seal_segments
from tasks.night_assistants import KINDS, judge_assistant_night
from tasks.probes import keep_probes, probe, read_probes

NIGHT = date(2026, 7, 14)
NIGHTS = 16
QUESTIONS = ("is the card free of fees", "cash machine limit per day", "transfer money abroad now")
WORDS = WordEmbedder(size=64)
Make = Callable[[int, int], Event]


def _event(day: int, number: int, template: str = "a", failed: float = 0.02, schema: str = "s") -> Event:
    """Return one request of a day; each tenth calls a tool as well."""
    random = np.random.default_rng([day, number])
    at = datetime.combine(NIGHT - timedelta(days=day), time(), UTC) + timedelta(minutes=number)
    done = random.random() >= failed
    calls = (Called("balance", "done" if done else "failed", ""),) if number % 2 else ()
    return an_event(
        f"{day}-{number}",
        at,
        release=1,
        prompts=(Prompted("help/answer", template * 64, "i" * 64, int(random.normal(900, 60))),),
        retrieved=(Retrieved(f"d{random.integers(3)}", 0, float(random.uniform(0.4, 0.9)), True),),
        calls=calls,
        outputs=(Returned("balance", schema, 40),) if calls and done else (),
    )


def _store(folder: Path, tonight: Make = _event, questions: Sequence[str] = (), rows: int = 240) -> MemoryStore:
    """Return a store with a reference, and with a night as `tonight` makes it."""
    store = MemoryStore()
    for day in range(NIGHTS, -1, -1):
        make = tonight if day == 0 else _event
        lines = [event_line(make(day, number)) for number in range(rows)]
        for number in range(rows if questions else 0):
            event = make(day, number)
            lines.append(content_line(Content(event.id, event.at, "help", questions[number % len(questions)])))
        (folder / f"{day}.jsonl").write_bytes(b"".join(lines))
    seal_segments(folder, store)
    return store


def _states(store: MemoryStore, embedder: WordEmbedder | None = None) -> dict[DriftKind, State]:
    found = judge_assistant_night(store, "help", NIGHT, embedder, reference_nights=NIGHTS)
    assert [one.kind for one in found.verdicts] == list(KINDS)
    return {one.kind: one.state for one in found.verdicts}


def test_a_night_like_the_others_is_steady_and_what_is_lacking_is_named(tmp_path: Path) -> None:
    """Contents are not kept, so topics can't be judged; nothing is green by silence."""
    found = judge_assistant_night(_store(tmp_path), "help", NIGHT, WORDS, reference_nights=NIGHTS)
    assert [one.state for one in found.verdicts] == [State.NO_DATA, State.STEADY, State.STEADY, State.STEADY]
    assert "no contents were kept" in found.verdicts[0].reason
    assert not found.needs_somebody


def test_a_damaged_day_of_the_reference_is_left_out(tmp_path: Path) -> None:
    """What is left is enough to judge by; tonight's own damage is a verdict, and nobody's night ends."""
    store = _store(tmp_path)
    store.create(f"watch/probes/help/date={NIGHT - timedelta(3)}.json", b"{}")
    found = judge_assistant_night(store, "help", NIGHT, reference_nights=NIGHTS)
    assert [one.nights for one in found.verdicts if one.state is State.STEADY] == [NIGHTS - 1] * 3
    store.create(f"watch/probes/help/date={NIGHT}.json", b"{}")
    assert set(_states(store).values()) == {State.UNKNOWN_SCHEMA}


def test_another_template_is_found_and_named(tmp_path: Path) -> None:
    """Without a new release: the prompt itself is to be looked at first."""
    store = _store(tmp_path, lambda day, number: _event(day, number, template="b"))
    found = judge_assistant_night(store, "help", NIGHT, reference_nights=NIGHTS)
    assert found.needs_somebody
    assert found.attribution.kind is DriftKind.PROMPTS
    assert found.attribution.culprit is not None
    assert found.attribution.culprit.name == "help/answer"


@pytest.mark.parametrize("changed", [{"failed": 0.5}, {"schema": "t"}], ids=["half of them fail", "another schema"])
def test_a_tool_that_changes_is_found_and_named(tmp_path: Path, changed: dict[str, float]) -> None:
    """By how its calls end and by the shape of its outputs, of which no value is kept."""
    store = _store(tmp_path, lambda day, number: _event(day, number, **changed))  # type: ignore[arg-type]
    found = judge_assistant_night(store, "help", NIGHT, reference_nights=NIGHTS)
    assert found.attribution.kind is DriftKind.TOOLS
    assert found.attribution.culprit is not None
    assert found.attribution.culprit.name == "balance"


def test_topics_are_judged_where_contents_are_kept(tmp_path: Path) -> None:
    """Embedded at night; none of the questions stands in the verdict."""
    store = _store(tmp_path, questions=QUESTIONS, rows=240)
    assert _states(store, WORDS)[DriftKind.TOPICS] is State.STEADY
    assert _states(store)[DriftKind.TOPICS] is State.NO_DATA


def test_silence_is_no_data_of_every_kind() -> None:
    """Nobody asked, and no reference either."""
    assert set(_states(MemoryStore(), WORDS).values()) == {State.NO_DATA}


def test_a_reference_that_is_gone_is_named(tmp_path: Path) -> None:
    """Retention has removed what was before."""
    (tmp_path / "s.jsonl").write_bytes(b"".join(event_line(_event(0, number)) for number in range(300)))
    store = MemoryStore()
    seal_segments(tmp_path, store)
    assert _states(store)[DriftKind.PROMPTS] is State.NO_REFERENCE


def test_telemetry_of_a_newer_version_is_a_verdict(tmp_path: Path) -> None:
    """The night is not judged by numbers that may mean something else, and the report says so."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": ["x"]}).replace_schema_metadata({b"roadworthy.telemetry.schema": b"2"}), buffer)
    store = _store(tmp_path)
    store.create(f"telemetry/events/date={NIGHT}/newer.parquet", buffer.getvalue().to_pybytes())
    assert set(_states(store).values()) == {State.UNKNOWN_SCHEMA}


def test_a_night_read_again_says_the_same(tmp_path: Path) -> None:
    """Nothing is drawn anew, and nothing is remembered."""
    store = _store(tmp_path, lambda day, number: _event(day, number, failed=0.3))
    first = judge_assistant_night(store, "help", NIGHT, reference_nights=NIGHTS)
    assert judge_assistant_night(store, "help", NIGHT, reference_nights=NIGHTS) == first


DOCUMENTS = [Document(f"d{at}", f"Title {at}", f"word{at} word{at + 1} fee card {at}") for at in range(12)]
ASKED = {f"q{at}": f"word{at}" for at in range(12)}


def _probed(folder: Path, documents: list[Document], day: date):  # type: ignore[no-untyped-def]
    folder.mkdir()
    build_index(documents, RetrievalParams(method="bm25", count=3), None, folder)
    return probe(open_index(folder, None), ASKED, day)


def test_a_document_that_is_gone_is_named_by_what_pinned_questions_find(tmp_path: Path) -> None:
    """Asked of a real index each night: only the index can have changed what they find."""
    store = MemoryStore()
    whole = _probed(tmp_path / "whole", DOCUMENTS, NIGHT)
    for back in range(1, NIGHTS + 1):
        keep_probes(store, "help", type(whole)(NIGHT - timedelta(back), whole.probes, (), whole.documents, whole.index))
    keep_probes(store, "help", _probed(tmp_path / "part", DOCUMENTS[:5] + DOCUMENTS[6:], NIGHT))
    found = judge_assistant_night(store, "help", NIGHT, reference_nights=NIGHTS)
    assert found.attribution.kind is DriftKind.RETRIEVAL
    assert found.attribution.culprit is not None
    assert (found.attribution.culprit.name, "was deleted" in found.attribution.culprit.detail) == ("d5", True)


def test_what_was_found_is_kept_once_and_read_again(tmp_path: Path) -> None:
    """The first that was kept of a night stays, whoever asks again."""
    store, night = MemoryStore(), _probed(tmp_path / "index", DOCUMENTS, NIGHT)
    assert keep_probes(store, "help", night) == night
    other = type(night)(NIGHT, {}, (), {}, "other")
    assert keep_probes(store, "help", other) == night
    assert read_probes(store, "help", [NIGHT - timedelta(1), NIGHT]) == [night]


def test_what_was_kept_and_is_damaged_is_named() -> None:
    """With the key of the file."""
    store = MemoryStore()
    store.create(f"watch/probes/help/date={NIGHT}.json", b"{}")
    with pytest.raises(IntegrityError) as caught:
        read_probes(store, "help", [NIGHT])
    assert str(NIGHT) in str(caught.value.where)
