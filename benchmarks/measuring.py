"""Runs a command as its user would, and measures the whole family of its processes from outside.

Time and memory are measured in runs of their own: to look at a process's pages takes the processor from it.
"""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Timed:
    """One run: how long it took, and what it printed."""

    seconds: float
    output: str


@dataclass(frozen=True)
class Memory:
    """The peaks of one run."""

    largest_process: int
    """The resident memory of the largest single process, in bytes."""
    family: int
    """The proportional memory of all its processes together, in bytes; shared pages count once."""


def run(command: list[str], folder: Path, environment: dict[str, str]) -> Timed:
    """Run `command` to its end. Raises `RuntimeError` with what it said when it fails."""
    start = time.perf_counter()
    output = _finish(command, _start(command, folder, environment))
    return Timed(time.perf_counter() - start, output)


def watch(command: list[str], folder: Path, environment: dict[str, str]) -> Memory:
    """Run `command` to its end and look at its memory meanwhile; raises as `run` does."""
    process = _start(command, folder, environment)
    peaks = _Peaks(process.pid)
    watcher = threading.Thread(target=peaks.watch, daemon=True)
    watcher.start()
    _finish(command, process)
    peaks.done.set()
    watcher.join()
    return Memory(peaks.largest, peaks.family)


def _start(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _finish(command: list[str], process: subprocess.Popen[str]) -> str:
    output = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output}")
    return output


class _Peaks:
    """Looks at a family of processes now and then; short peaks between two looks are missed."""

    def __init__(self, process: int) -> None:
        self._process = process
        self.done = threading.Event()
        self.largest = self.family = 0

    def watch(self) -> None:
        while not self.done.wait(SAMPLE_SECONDS):
            resident, proportional = self._look()
            self.largest, self.family = max(self.largest, resident), max(self.family, proportional)

    def _look(self) -> tuple[int, int]:
        resident, proportional = 0, 0
        try:
            root = psutil.Process(self._process)
            for member in [root, *root.children(recursive=True)]:
                memory = member.memory_full_info()
                resident, proportional = max(resident, memory.rss), proportional + memory.pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            pass
        return resident, proportional
