"""Several workers behind one port: whichever is asked for metrics asks the others, and answers for all.

Each worker has a number, held by a lock on a file that the kernel frees when the worker dies, and a Unix socket on
which it says its figures. Its number is the label `worker`: a worker that takes over a number starts counting at zero,
which Prometheus knows as a restart.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import orjson
from prometheus_client.metrics_core import Metric

from gateway.metrics.metrics import Metrics
from roadworthy.errors import Unavailable

MOST_WORKERS = 256
PATIENCE = 1.0
"""Seconds for a sibling to answer; one that hangs is left out, and its series end."""


class Siblings:
    """This worker among its siblings."""

    def __init__(self, metrics: Metrics, folder: Path | None = None, patience: float = PATIENCE) -> None:
        """Without a folder there are no siblings. Its path must be short: a socket's has 100 characters at most."""
        self._metrics = metrics
        self._folder = folder
        self._patience = patience
        self._lock: int | None = None
        self._server: asyncio.Server | None = None
        self.worker = 0
        """This worker's number."""

    async def open(self) -> None:
        """Take a number and listen. Raises `Unavailable` when the folder can't be used."""
        if self._folder is None:
            return
        try:
            self.worker, self._lock = await asyncio.to_thread(_take_number, self._folder)
            socket = _socket(self._folder, self.worker)
            # Left by a worker that died with this number.
            socket.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._say, socket)
        except OSError as error:
            self._let_go()
            raise Unavailable(
                f"workers can't share their metrics: {error.strerror or error}",
                where=str(self._folder),
                remedy="give a folder that can be written to, with a path shorter than 80 characters",
            ) from error

    async def close(self) -> None:
        """Listen no more, and give the number back."""
        if self._server and self._folder:
            self._server.close()
            _socket(self._folder, self.worker).unlink(missing_ok=True)
        self._let_go()

    async def collect(self) -> list[Metric]:
        """Return the families of all workers that live, each sample with its worker."""
        own = await asyncio.to_thread(self._metrics.collect)
        others = await asyncio.gather(*(_asked(path, self._patience) for path in self._others()))
        return _merged([(str(self.worker), own), *others])

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _others(self) -> list[Path]:
        if self._folder is None:
            return []
        own = _socket(self._folder, self.worker)
        return [path for path in sorted(self._folder.glob("*.sock")) if path != own]

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.write(await asyncio.to_thread(lambda: _packed(self._metrics.collect())))
            await writer.drain()
        writer.close()


async def _asked(path: Path, patience: float) -> tuple[str, list[Metric]]:
    """Return a sibling's number and families; none when it is dead or does not answer."""
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_unix_connection(path)
            content = await reader.read(-1)
            writer.close()
        return path.stem, await asyncio.to_thread(_unpacked, content)
    except (OSError, TimeoutError, ValueError, TypeError):
        return path.stem, []


def _take_number(folder: Path) -> tuple[int, int]:
    """Return the first number that is free, and the lock that holds it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in range(MOST_WORKERS):
        lock = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return number, lock
    raise OSError(f"{MOST_WORKERS} workers hold a number already")


def _socket(folder: Path, number: int) -> Path:
    return folder / f"{number}.sock"


def _packed(families: Iterable[Metric]) -> bytes:
    return orjson.dumps(
        [
            (
                family.name,
                family.documentation,
                family.type,
                [(one.name, one.labels, one.value) for one in family.samples],
            )
            for family in families
        ]
    )


def _unpacked(content: bytes) -> list[Metric]:
    families = []
    for name, documentation, kind, samples in orjson.loads(content):
        family = Metric(name, documentation, kind)
        for sample, labels, value in samples:
            # JSON has no infinity and no NaN.
            family.add_sample(sample, labels, float("nan") if value is None else value)
        families.append(family)
    return families


def _merged(said: Sequence[tuple[str, list[Metric]]]) -> list[Metric]:
    """Put what the workers said into one list of families, in the order of the first that names each."""
    merged: dict[str, Metric] = {}
    for worker, families in said:
        for family in families:
            into = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            # When a series began is a series more for each, of which nobody asks.
            for one in (one for one in family.samples if not one.name.endswith("_created")):
                into.add_sample(one.name, {**one.labels, "worker": worker}, one.value)
    return list(merged.values())
