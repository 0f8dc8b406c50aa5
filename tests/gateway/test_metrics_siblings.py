"""Several workers behind one port: who is asked answers for all that live."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.sample_events import ANSWER

from gateway.metrics.metrics import Metrics
from gateway.metrics.siblings import Siblings
from roadworthy.errors import Unavailable

# A worker with one request behind it; its standard input is its life line.
WORKER = """
import asyncio, sys
from pathlib import Path
from gateway.metrics.metrics import Metrics
from gateway.metrics.siblings import Siblings
from fakes.sample_events import ANSWER

async def main():
    metrics = Metrics()
    metrics.observe(ANSWER)
    siblings = Siblings(metrics, Path(sys.argv[1]))
    await siblings.open()
    print(siblings.worker, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await siblings.close()

asyncio.run(main())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path: pytest's own are too long for a socket on some machines."""
    with tempfile.TemporaryDirectory(prefix="rw-") as name:
        yield Path(name)


@pytest.fixture
def worker(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another worker in a process of its own; it has said its number."""
    places = os.pathsep.join(str(Path(__file__).parents[up]) for up in (1, 2))
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": places},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        yield process
        process.kill()


def requests_by_worker(siblings: Siblings) -> dict[str, float]:
    """What a scrape of this worker says."""
    families = asyncio.run(siblings.collect())
    found = [one for family in families for one in family.samples if one.name == "roadworthy_requests_total"]
    return {one.labels["worker"]: one.value for one in found}


def test_who_is_asked_answers_for_all_and_the_dead_are_left_out(folder: Path, worker: subprocess.Popen[str]) -> None:
    """Two workers, two series; after kill -9 one, whose number the next worker takes."""

    async def scenario() -> None:
        metrics = Metrics()
        metrics.observe(ANSWER)
        metrics.observe(ANSWER)
        second = Siblings(metrics, folder)
        await second.open()
        assert second.worker == 1
        assert await asyncio.to_thread(requests_by_worker, second) == {"0": 1, "1": 2}
        os.kill(worker.pid, signal.SIGKILL)
        await asyncio.to_thread(worker.wait)
        assert await asyncio.to_thread(requests_by_worker, second) == {"1": 2}
        third = Siblings(Metrics(), folder)
        await third.open()
        assert third.worker == 0
        assert await asyncio.to_thread(requests_by_worker, third) == {"1": 2}
        await third.close()
        await second.close()
        assert not list(folder.glob("*.sock"))

    asyncio.run(scenario())


def test_a_worker_that_hangs_does_not_hold_up_the_others(folder: Path) -> None:
    """A socket that takes a connection and never answers, or answers nonsense, is left out."""

    async def scenario() -> None:
        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"[[1, 2]]")
            writer.close()

        metrics = Metrics()
        metrics.observe(ANSWER)
        siblings = Siblings(metrics, folder, patience=0.05)
        await siblings.open()
        others = [
            await asyncio.start_unix_server(one, folder / f"{8 + n}.sock") for n, one in enumerate((hang, babble))
        ]
        assert await asyncio.to_thread(requests_by_worker, siblings) == {"0": 1}
        for other in others:
            other.close()
        await siblings.close()

    asyncio.run(scenario())


def test_a_folder_that_can_not_be_used_is_named(folder: Path) -> None:
    """Workers that can't share their metrics say so at the start, and where."""
    (folder / "file").write_text("")
    with pytest.raises(Unavailable, match="share their metrics") as raised:
        asyncio.run(Siblings(Metrics(), folder / "file").open())
    assert raised.value.where == str(folder / "file")


def test_a_path_that_is_too_long_for_a_socket_is_named(folder: Path) -> None:
    """The number is given back: the next worker may have it."""
    deep = folder / ("long" * 30)
    with pytest.raises(Unavailable, match="share their metrics") as raised:
        asyncio.run(Siblings(Metrics(), deep).open())
    assert "shorter" in str(raised.value.remedy)
