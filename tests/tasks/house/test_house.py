"""The house keeps its parts up, one at a time below a HOME, and leaves no process behind however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.waiting import eventually

from tasks.house import processes, record
from tasks.house.backoff import LONGEST_SECONDS, STEADY_SECONDS, Backoff
from tasks.house.processes import Known
from tasks.house.record import end_house, keep_record

TESTS = Path(__file__).parents[2]
REPOSITORY = TESTS.parent


@dataclass
class RunningHouse:
    """The house's process, and the lines that it has said so far."""

    home: Path
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def said(self, text: str, times: int = 1) -> list[str]:
        """Return the lines with `text` once there are so many of them."""
        found: list[str] = []

        def enough() -> bool:
            found[:] = [line for line in self.lines if text in line]
            return len(found) >= times

        eventually(enough, seconds=60, what=f"{text!r} in {self.lines}")
        return found

    def part(self, name: str) -> int:
        """Return the number of a part's process."""
        return int(json.loads((self.home / "house" / "house.json").read_bytes())[name]["process"])

    def family(self) -> list[psutil.Process]:
        """Return every process that the house has started, directly or not."""
        return psutil.Process(self.process.pid).children(recursive=True)


def test_a_part_that_dies_comes_back_and_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    """Parts start in their order, a killed one is started again and that is said; SIGTERM ends all, deaf ones too."""
    with running_house(tmp_path) as house:
        house.said("done once")
        house.said("deaf     | deaf")
        house.said("missing can't be started")
        first = house.part("server")
        assert [line.split("|")[1].strip() for line in house.said("is up")] == ["server is up", "deaf is up"]
        os.kill(first, signal.SIGKILL)
        house.said("server ended (signal 9); it is started again in 0.5 s")
        house.said("server is up", times=2)
        assert house.part("server") != first
        family = house.family()
        # The server's own child, in a group of its own, is one of them.
        assert int(house.said("child")[-1].split()[-1]) in {member.pid for member in family}
        assert house.process.send_signal(signal.SIGTERM) is None
        assert house.process.wait(60) == 0
        # Of the server that was killed, too, which nobody knew any more.
        family += [one for line in house.said("child") if (one := alive(int(line.split()[-1])))]
        assert [member for member in family if runs(member)] == []
    assert len(house.said("done once")) == 1
    assert (tmp_path / "house" / "house.log").read_text().splitlines() == [line.rstrip("\n") for line in house.lines]


def test_there_is_one_house_and_down_ends_it(tmp_path: Path) -> None:
    """A second one is refused; who ends it from elsewhere gets the same end."""
    with running_house(tmp_path) as house:
        house.said("server is up")
        second = subprocess.run(command(tmp_path), cwd=REPOSITORY, env=environment(), capture_output=True, text=True)
        assert second.returncode == 1
        assert "the house is up already" in second.stderr
        family = house.family()
        assert end_house(tmp_path)
        assert house.process.wait(60) == 0
        assert [member for member in family if runs(member)] == []
    assert not end_house(tmp_path)


def test_a_house_that_was_killed_is_cleared_away(tmp_path: Path) -> None:
    """`kill -9` of the house leaves its parts; the next one, or `down`, ends them first."""
    with running_house(tmp_path) as house:
        house.said("deaf     | deaf")
        parts = [psutil.Process(house.part(name)) for name in ("server", "deaf")]
        house.process.kill()
        house.process.wait()
        assert all(runs(part) for part in parts)
        assert end_house(tmp_path, patience=1)
        assert not any(runs(part) for part in parts)


def test_a_process_with_the_number_of_a_dead_one_is_left_alone(tmp_path: Path) -> None:
    """After a restart of the machine any process may have the number of a part."""
    other = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        known = Known.of(other.pid)
        stale = Known(other.pid, known.started - 100)
        (tmp_path / "house").mkdir()
        keep_record(tmp_path, stale, {"server": stale})
        assert not end_house(tmp_path)
        assert other.poll() is None
        assert processes.end(known)
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"house": 3}', b'{"house": {"process": 1}}'])
def test_a_damaged_record_ends_nothing(tmp_path: Path, content: bytes) -> None:
    """A record that can't be read is as none."""
    (tmp_path / record.FOLDER).mkdir()
    (tmp_path / record.FOLDER / "house.json").write_bytes(content)
    assert not end_house(tmp_path)


@given(lives=st.lists(st.floats(min_value=0, max_value=1e6), max_size=3000))
def test_the_wait_grows_to_a_bound_and_starts_anew_after_a_steady_life(lives: list[float]) -> None:
    """However often it dies, a part is started again within half a minute, and at once when it was well."""
    backoff = Backoff()
    assert backoff.seconds == 0
    for lived in lives:
        before, backoff = backoff, backoff.after(lived)
        assert 0.5 <= backoff.seconds <= LONGEST_SECONDS
        assert backoff.seconds == 0.5 if lived >= STEADY_SECONDS else backoff.seconds >= before.seconds


@contextmanager
def running_house(home: Path) -> Iterator[RunningHouse]:
    """Run the small house; whatever of it is left at the end is killed."""
    process = subprocess.Popen(
        command(home), cwd=REPOSITORY, env=environment(), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    house = RunningHouse(home, process)
    assert process.stdout
    reader = threading.Thread(target=lambda: house.lines.extend(iter(process.stdout.readline, "")), daemon=True)
    reader.start()
    try:
        yield house
    finally:
        end_house(home)
        process.kill()
        process.wait()
        reader.join(30)
        process.stdout.close()


def alive(process: int) -> psutil.Process | None:
    """Return the process of that number, if there is one."""
    return psutil.Process(process) if psutil.pid_exists(process) else None


def runs(process: psutil.Process) -> bool:
    """Tell whether it is at work; a dead one may wait for its parent to notice."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command(home: Path) -> list[str]:
    """Return what runs the small house."""
    return [sys.executable, "-m", "fakes.small_house", str(home)]


def environment() -> dict[str, str]:
    """Return the tests' own, with their folder to import from."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS), str(REPOSITORY))), "PYTHONUNBUFFERED": "1"}
