"""Processes that perform steps for a flow: started early so that their imports overlap with work, killed when late."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from roadworthy.errors import RoadworthyError, StepFailed
from roadworthy.steps import Announce, Step


class Worker:
    """One process that performs one step after another; tasks/worker_process.py is its side."""

    def __init__(self, root: Path, lock: int, scratch: Path, niceness: int = 0) -> None:
        """`lock` is the file descriptor of the work tree's lock, which the process holds as long as it lives.

        Its temporary files go to `scratch`; `niceness` says how far it steps back while others want the processor.
        """
        self._niceness = niceness
        self._root = root
        self._scratch = scratch
        self._lock = lock
        self._process: subprocess.Popen[bytes] | None = None
        # One thread may expect steps of it while another one, whose step it has performed, ends it.
        self._changing = threading.RLock()
        self._ended = False
        self._lines: SimpleQueue[bytes] = SimpleQueue()

    def start(self) -> None:
        """Start the process if it does not run."""
        with self._changing:
            if self._ended:
                raise StepFailed(
                    "the release ended before this step began", remedy="run the same command again to resume"
                )
            if self._process is None or self._process.poll() is not None:
                self._start()

    def perform(self, step: Step, capability: str, announce: Announce, parent_run: str | None) -> None:
        """Have `step` performed. Raises what it raised, or `StepFailed` when it died or took too long."""
        self.start()
        request = {"step": step.name, "capability": capability, "parent_run": parent_run}
        try:
            self._follow(request, step, announce)
        except StepFailed:
            self.stop()
            raise

    def expect(self, steps: tuple[Step, ...]) -> None:
        """Let the process, if it runs, import what `steps` need, so that it is ready when they are asked for."""
        # One that died meanwhile is reported when it is asked to perform.
        with self._changing, contextlib.suppress(BrokenPipeError):
            if self._process and self._process.stdin:
                _write(self._process.stdin, {"import": [name for step in steps for name in step.libraries]})

    def stop(self) -> None:
        """End the process; nothing half-written is left, because every write is atomic."""
        with self._changing:
            if self._process is None:
                return
            self._process.kill()
            self._process.wait()
            # Its other pipe is closed by the thread that reads it.
            if self._process.stdin:
                with contextlib.suppress(BrokenPipeError):
                    self._process.stdin.close()
            self._process = None

    def end(self) -> None:
        """End the process for good: a step that another thread still asks for is refused."""
        with self._changing:
            self._ended = True
            self.stop()

    def _start(self) -> None:
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tasks.worker_process", str(self._niceness)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(self._lock,),
            cwd=self._root,
            env={**os.environ, **QUIET, "TMPDIR": str(self._scratch)},
            # A group of its own: Ctrl-C reaches the parent alone, which then ends it.
            start_new_session=True,
        )
        self._lines = SimpleQueue()
        threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()

    def _follow(self, request: dict[str, str | None], step: Step, announce: Announce) -> None:
        assert self._process and self._process.stdin  # noqa: S101  (just started)
        _send(self._process.stdin, request, step)
        deadline = time.monotonic() + step.timeout_seconds
        while True:
            message = json.loads(_next_line(self._lines, deadline, step))
            if "say" in message:
                announce(message["say"])
            elif "error" in message:
                raise _revived(message["error"])
            else:
                return


def _send(stream: IO[bytes], request: dict[str, str | None], step: Step) -> None:
    try:
        _write(stream, request)
    except BrokenPipeError:
        raise _died(step) from None


def _write(stream: IO[bytes], message: Mapping[str, object]) -> None:
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


def _read(stream: IO[bytes], lines: SimpleQueue[bytes]) -> None:
    """Pass lines on, and at last an empty one.

    Two lines may come in one piece: whoever asked the pipe itself whether there is more would not see the second.
    """
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(b"")


def _next_line(lines: SimpleQueue[bytes], deadline: float, step: Step) -> bytes:
    try:
        line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty:
        raise StepFailed(
            f"{step.name} did not finish within {step.timeout_seconds:,} seconds and was stopped",
            remedy=f"look at what it waits for; the limit is `timeout_seconds` in tasks/{step.name}.py",
        ) from None
    if not line:
        raise _died(step)
    return line


def _died(step: Step) -> StepFailed:
    return StepFailed(
        f"the process that performed {step.name} died without a word",
        remedy="it may have run out of memory, or somebody killed it; run the same command again to resume",
    )


def _revived(error: dict[str, str | None]) -> RoadworthyError:
    kinds = {kind.__name__: kind for kind in _family(RoadworthyError)}
    kind = kinds.get(str(error["kind"]), StepFailed)
    return kind(str(error["problem"]), where=error["where"], remedy=error["remedy"])


def _family(kind: type[RoadworthyError]) -> list[type[RoadworthyError]]:
    return [kind, *(member for child in kind.__subclasses__() for member in _family(child))]


def quiet_libraries() -> None:
    """Tell libraries, before they are imported, to phone nobody and to use one thread unless told otherwise."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_MODEL_CATALOG_URI": "",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # Gradient boosting's numbers change with the number of threads, and idle ones spin.
    "OMP_NUM_THREADS": "1",
}
"""Environment variables that keep libraries quiet, and numbers the same."""
