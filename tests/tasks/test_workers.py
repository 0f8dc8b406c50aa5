"""The processes that perform steps: killed, late, or deceived about what they read."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue
from threading import Thread

import psutil
import pytest
from fakes.gate import Gate, put_gate
from fakes.small_project import CAPABILITY, SmallProject

from roadworthy.errors import IntegrityError, StepFailed
from roadworthy.steps import Step
from tasks.train import TRAIN
from tasks.workers import Worker, _next_line, _read


@pytest.fixture
def gate(copied_project: SmallProject) -> Gate:
    """A gate in the step `train` of a small project."""
    return put_gate(copied_project)


@pytest.fixture
def worker(copied_project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker that performs the project's own code."""
    monkeypatch.setenv("PYTHONPATH", str(copied_project.root))
    home = copied_project.root / ".roadworthy"
    lock = os.open(home / "work-tree.lock", os.O_RDWR)
    worker = Worker(copied_project.root, lock, home / "scratch")
    yield worker
    worker.stop()
    os.close(lock)


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """A thread in which the worker is waited for."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_a_killed_process_is_reported_and_the_next_one_goes_on(
    copied_project: SmallProject, gate: Gate, worker: Worker, beside: ThreadPoolExecutor
) -> None:
    """kill -9 in the middle of a step is said, with what to do; the old model is whole; done again, it works."""
    model = copied_project.root / "data" / CAPABILITY / "model" / "model.skops"
    before = model.read_bytes()
    performed = _perform(worker, beside)
    with gate.reached() as process:
        os.kill(process, signal.SIGKILL)
    with pytest.raises(StepFailed, match="performed train died without a word") as caught:
        performed.result()
    assert "run the same command again" in (caught.value.remedy or "")
    assert model.read_bytes() == before
    gate.remove()
    model.unlink()
    _perform(worker, beside).result()
    assert model.read_bytes() == before


def test_a_step_that_takes_too_long_is_stopped(gate: Gate, worker: Worker, beside: ThreadPoolExecutor) -> None:
    """At its limit the step is stopped and its process is gone; the message says where the limit stands."""
    performed = _perform(worker, beside, replace(TRAIN, timeout_seconds=4))
    with gate.reached() as process, pytest.raises(StepFailed, match="did not finish within 4 seconds") as caught:
        performed.result()
    assert "tasks/train.py" in (caught.value.remedy or "")
    assert not psutil.pid_exists(process)


def test_code_that_changes_while_a_step_runs(
    copied_project: SmallProject, gate: Gate, worker: Worker, beside: ThreadPoolExecutor
) -> None:
    """A module that the step was made of changes meanwhile: the step fails and names it."""
    module = copied_project.root / "roadworthy" / "modelling" / "encoding.py"
    performed = _perform(worker, beside)
    with gate.reached():
        module.write_text(module.read_text() + "\n# Changed.\n")
    with pytest.raises(IntegrityError, match=r"roadworthy/modelling/encoding\.py changed while step train ran"):
        performed.result()


def test_two_lines_that_come_in_one_piece_are_two_answers() -> None:
    """What a step says last and that it is done may arrive together: neither waits for the other until the limit."""
    reading, writing = os.pipe()
    os.write(writing, b'{"say": "index: 12 passages"}\n{"done": "index"}\n')
    lines: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_read, args=(os.fdopen(reading, "rb"), lines), daemon=True).start()
    deadline = time.monotonic() + 5
    heard = [json.loads(_next_line(lines, deadline, TRAIN)) for _ in range(2)]
    os.close(writing)
    assert heard == [{"say": "index: 12 passages"}, {"done": "index"}]


def _perform(worker: Worker, beside: ThreadPoolExecutor, step: Step = TRAIN) -> Future[None]:
    return beside.submit(worker.perform, step, CAPABILITY, print, None)


def test_after_the_end_no_step_begins(worker: Worker) -> None:
    """A step that another thread asks for when the release has ended would outlive it, and hold the work tree."""
    worker.start()
    worker.end()
    with pytest.raises(StepFailed, match="ended before this step began"):
        worker.perform(TRAIN, CAPABILITY, lambda text: None, None)
