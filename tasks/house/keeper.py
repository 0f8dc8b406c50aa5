"""Keeps one part of the house running: starts it, notes when it is there, and starts it again when it dies."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable

from tasks.house.backoff import Backoff
from tasks.house.log import HouseLog
from tasks.house.part import Part
from tasks.house.processes import Known, end, end_rest
from tasks.prefect_server import LocalServer, answers, record_server

POLL_SECONDS = 0.2


class Keeper:
    """Runs in a thread of its own; `there` is set while the part is there."""

    def __init__(self, part: Part, log: HouseLog, changed: Callable[[], None]) -> None:
        """`changed` is called whenever the part has another process."""
        self.part = part
        self.there = threading.Event()
        self.known: Known | None = None
        self._log = log
        self._changed = changed
        self._stopping = threading.Event()
        # Held while it starts, so that no part is started that nobody ends.
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name=part.name, daemon=True)

    def start(self, after: tuple[Keeper, ...]) -> None:
        """Begin as soon as the parts that have to be there first are."""
        self._after = after
        self._thread.start()

    def stop(self, patience: float) -> None:
        """End the part with all its processes, by force after `patience` seconds, and start it no more."""
        with self._starting:
            self._stopping.set()
        if self.known:
            end(self.known, patience)
        self._thread.join()

    def _keep(self) -> None:
        while not all(keeper.there.is_set() for keeper in self._after):
            if self._stopping.wait(POLL_SECONDS):
                return
        backoff = Backoff()
        while not self._stopping.wait(backoff.seconds):
            start = time.monotonic()
            code = self._run()
            self.there.clear()
            if self._stopping.is_set():
                return
            if self.part.once and code == 0:
                self.there.set()
                return
            backoff = backoff.after(time.monotonic() - start)
            self._log.say(f"{self.part.name} ended ({_how(code)}); it is started again in {backoff.seconds:g} s")

    def _run(self) -> int:
        """Run the part to its end; return its exit code."""
        try:
            with self._starting:
                if self._stopping.is_set():
                    return 0
                process = self._started()
        except OSError as error:
            self._log.say(f"{self.part.name} can't be started: {error}")
            return 1
        assert process.stdout  # noqa: S101  (it was asked for)
        threading.Thread(target=self._log.follow, args=(self.part.name, process.stdout), daemon=True).start()
        self._watch(process)
        code = process.wait()
        end_rest(process.pid)
        return code

    def _started(self) -> subprocess.Popen[bytes]:
        part = self.part
        process = subprocess.Popen(
            part.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A group of its own: Ctrl-C reaches the house alone, which then ends the parts in their order.
            start_new_session=True,
            env={**os.environ, **part.environment},
        )
        self.known = Known.of(process.pid)
        if part.folder and part.port:
            record_server(part.folder, LocalServer(process.pid, part.port))
        self._changed()
        return process

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the part is there, or dead, or the house is stopping."""
        if self.part.once:
            return
        while self.part.health and not answers(self.part.health):
            if process.poll() is not None or self._stopping.wait(POLL_SECONDS):
                return
        self.there.set()
        self._log.say(f"{self.part.name} is up" + (f": {self.part.page}" if self.part.page else ""))


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
