"""Caches below HOME are emptied of what is too old, and never of what a release needs to be made again."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from fakes.memory_store import MemoryStore
from fakes.released_answers import release_files
from fakes.scripted_provider import ScriptedProvider
from fakes.served_releases import put_in_production

from roadworthy.digest import digest_file
from roadworthy.params.retention import RetentionParams
from roadworthy.providers.answer_cache import Cached
from roadworthy.providers.interface import Message, Request
from tasks.needed_answers import answers_folder, kept_files, last_used, needed_folder, note_needed
from tasks.retention import scan, sweep

TODAY = date(2026, 11, 23)
POLICY = RetentionParams(cache_days=90)


def moment(ago: int) -> datetime:
    """Return noon so many days ago."""
    return datetime.combine(TODAY - timedelta(days=ago), time(12), UTC)


def aged(path: Path, written: int, used: int | None = None) -> Path:
    """Leave a file that was written, and used, so many days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    os.utime(path, (moment(written if used is None else used).timestamp(), moment(written).timestamp()))
    return path


def answer(home: Path, name: str, written: int, used: int | None = None) -> Path:
    """Leave an answer that was kept."""
    return aged(answers_folder(home) / name[:2] / f"{name}.json", written, used)


def test_answers_and_traces_go_when_nobody_has_used_them_for_so_long(tmp_path: Path) -> None:
    """By their last use, not by when they were written; what was fetched stays, and a scan proves it."""
    store = MemoryStore()
    old = [answer(tmp_path, "aa-old", 91), aged(tmp_path / "cache" / "traces" / "help-desk" / "a.jsonl", 91)]
    young = [answer(tmp_path, "bb-used", 400, used=1), answer(tmp_path, "cc-young", 90)]
    young += [aged(tmp_path / "cache" / "sources" / "sha256" / "d", 4000)]
    assert set(scan(store, tmp_path, POLICY, TODAY).caches) == set(old)
    assert sweep(store, tmp_path, POLICY, TODAY).caches == 2
    assert not any(path.exists() for path in old) and all(path.exists() for path in young)
    assert not scan(store, tmp_path, POLICY, TODAY)


def released(store: MemoryStore, root: Path, ago: int, text: str) -> str:
    """Release a table of answers so many days ago, and return its digest."""
    path = root / f"bundle-{text}" / "evaluation" / "answers.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    release_files(store, path.parent.parent, moment(ago))
    return digest_file(path)


def test_answers_of_a_release_stay_for_ever(tmp_path: Path) -> None:
    """As it was noted with which it was made; others go, and so do notes of what was never released."""
    store, home = MemoryStore(), tmp_path / "home"
    table = released(store, tmp_path, 300, "made")
    needed = answer(home, "aa-needed", 300)
    os.utime(needed)
    begin = last_used(needed)
    other = answer(home, "bb-other", 300)
    note_needed(home, table, begin)
    note_needed(home, "f" * 64, begin)
    for path, days in ((needed, 300), (needed_folder(home) / f"{'f' * 64}.txt", 300)):
        os.utime(path, (moment(days).timestamp(),) * 2)
    assert sweep(store, home, POLICY, TODAY).caches == 2
    assert (needed.exists(), other.exists()) == (True, False)
    assert [path.stem for path in needed_folder(home).iterdir()] == [table]


def test_of_a_release_that_noted_nothing_every_answer_of_its_time_stays(tmp_path: Path) -> None:
    """It was made before notes, or elsewhere: what was there may be its own; what was written later is not."""
    store, home = MemoryStore(), tmp_path / "home"
    released(store, tmp_path, 200, "before notes")
    before, after = answer(home, "aa-before", 201), answer(home, "bb-after", 199)
    assert sweep(store, home, POLICY, TODAY).caches == 1
    assert (before.exists(), after.exists()) == (True, False)


def test_where_a_release_cannot_be_read_answers_stay_and_the_rest_goes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows what it needs; that is logged."""
    store = MemoryStore()
    put_in_production(store, "help-desk", 1)
    store.create("telemetry/content/date=2020-01-01/a", b"")
    kept = answer(tmp_path, "aa-old", 300)
    swept = sweep(store, tmp_path, POLICY, TODAY)
    assert (swept.contents, swept.caches) == (1, 0)
    assert kept.exists() and "answers and traces stay" in caplog.text


def test_an_answer_that_is_given_again_counts_as_used(tmp_path: Path) -> None:
    """Also on a disk that keeps no times of access; when it was written stays what it was."""
    provider = Cached(ScriptedProvider(otherwise="Well."), answers_folder(tmp_path))
    request = Request(messages=(Message("user", "How?"),))
    asyncio.run(provider.complete(request))
    (path,) = kept_files(tmp_path)
    begin = datetime.now(UTC).timestamp()
    # So young, and younger than what was written, that the kernel would not set it by itself (`relatime`, mount(8)).
    os.utime(path, (begin - 3600, 1000))
    assert asyncio.run(provider.complete(request)).cached
    assert last_used(path) >= begin - 1 and path.stat().st_mtime == 1000
    note_needed(tmp_path, "table", begin)
    assert (needed_folder(tmp_path) / "table.txt").read_text().split() == [path.stem]
