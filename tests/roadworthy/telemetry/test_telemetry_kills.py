"""Writers and sealers that are killed at any moment lose at most what was not flushed, and corrupt nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.any_events import NOON, a_content, an_event
from fakes.killing import Killed
from fakes.memory_store import MemoryStore

from roadworthy.store import LocalStore, Store
from roadworthy.telemetry.lines import content_line, event_line
from roadworthy.telemetry.reading import Window, read_contents, read_events
from roadworthy.telemetry.sealing import seal_segments
from roadworthy.telemetry.segments import segments_in

TESTS = Path(__file__).parents[2]
DAY = Window(NOON - timedelta(days=1), NOON + timedelta(days=1))


def _start(folder: Path, name: str, events: int, file_limit: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fakes.recording_process", str(folder), name, str(events), str(file_limit)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _ids(store: Store) -> list[str]:
    return sorted(read_events(store, DAY)["id"].to_pylist())


@pytest.mark.parametrize("killed_after", [1, 17, 300, 1234, 4000])
def test_a_killed_writer_loses_only_what_was_not_flushed(tmp_path: Path, killed_after: int) -> None:
    """Every event that the dead process had called flushed is read once, what is read is the beginning of what was
    recorded, and nothing but one unfinished line is damaged.
    """
    process = _start(tmp_path, "a", 100_000)
    recorded = waiting = 0
    for _ in range(killed_after):
        number, waiting = map(int, _said(process).split())
        recorded = number + 1
    process.kill()
    process.wait()
    store = MemoryStore()
    sealed = seal_segments(tmp_path, store)
    found = read_events(store, DAY)["id"].to_pylist()
    assert sorted(found) == sorted(f"a-{number}" for number in range(len(found)))
    assert len(found) >= recorded - waiting
    assert sealed.damaged <= 1
    assert sealed.events == len(found)
    assert segments_in(tmp_path) == []


def test_two_processes_write_and_a_third_seals_meanwhile(tmp_path: Path) -> None:
    """Of what two workers record while somebody seals all the time, each event is in the store exactly once."""
    store = LocalStore(tmp_path / "store")
    processes = [_start(tmp_path / "open", name, 2000) for name in "ab"]
    while any(process.poll() is None for process in processes):
        seal_segments(tmp_path / "open", store)
        for process in processes:
            for _ in range(50):
                _said(process)
    assert [process.returncode for process in processes] == [0, 0]
    sealed = seal_segments(tmp_path / "open", store)
    assert (sealed.damaged, sealed.open) == (0, 0)
    assert len(store.keys("telemetry/events")) > 2
    assert _ids(store) == sorted(f"{name}-{number}" for name in "ab" for number in range(2000))
    assert read_contents(store, DAY)["question"].to_pylist() == ["why?"] * 4000


def test_a_disk_that_is_full_again_and_again_tears_nothing(tmp_path: Path) -> None:
    """Writes that end in the middle of a line, as on a full disk, leave no half line, and no event twice or never."""
    process = _start(tmp_path, "a", 500, file_limit=20_000)
    said, _ = process.communicate()
    assert said.endswith("lost 0\n")
    store = MemoryStore()
    assert len(segments_in(tmp_path)) > 5
    assert seal_segments(tmp_path, store).damaged == 0
    assert Counter(_ids(store)) == Counter(f"a-{number}" for number in range(500))


@dataclass
class _DyingStore(MemoryStore):
    """Dies before its write number `death`, or right after it."""

    death: float = float("inf")
    writes: int = field(default=0)

    def create(self, key: str, content: bytes) -> None:
        """Write, and die at the right time."""
        self.writes += 1
        if self.writes == self.death:
            raise Killed
        super().create(key, content)
        if self.writes + 0.5 == self.death:
            raise Killed


def _segments(folder: Path) -> None:
    for name in ("one", "two"):
        lines = [event_line(an_event(f"{name}-{hour}", NOON + timedelta(hours=hour))) for hour in (0, 6, 18)]
        lines += [content_line(a_content(f"{name}-0", comment="good"))]
        (folder / f"{name}.jsonl").write_bytes(b"".join(lines) + b'{"v":1,"ev')


def test_a_sealer_killed_at_any_write_ends_in_the_same_state(tmp_path: Path) -> None:
    """Killed before or after any write and run again, it leaves the very files that one run leaves."""
    _segments(tmp_path)
    once = MemoryStore()
    assert seal_segments(tmp_path, once).damaged == 2
    assert len(once.keys("telemetry/events")) == 4
    for half_steps in range(2, 2 * len(once.keys()) + 2):
        _segments(tmp_path)
        store = _DyingStore(death=half_steps / 2)
        with pytest.raises(Killed):
            seal_segments(tmp_path, store)
        store.death = float("inf")
        seal_segments(tmp_path, store)
        assert segments_in(tmp_path) == []
        assert _files(store) == _files(once)


def _files(store: Store) -> dict[str, bytes]:
    return {key: store.read(key) for key in store.keys("telemetry/")}
