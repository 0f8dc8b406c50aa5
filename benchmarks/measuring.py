"""Runs a command as its user would, and measures the whole family of its processes from outside."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Measured:
    """One run: its duration, and the peaks of memory in its family of processes."""

    seconds: float
    largest_process: int
    """The resident memory of the largest single process at its peak, in bytes."""
    family: int
    """The proportional memory of all its processes together at their peak, in bytes; shared pages count once."""
    output: str
    """What it printed."""


def run(command: list[str], folder: Path, environment: dict[str, str]) -> Measured:
    """Run `command` to its end. Raises `RuntimeError` with what it said when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    peaks = _Peaks(process.pid)
    watcher = threading.Thread(target=peaks.watch, daemon=True)
    watcher.start()
    output = process.communicate()[0]
    seconds = time.perf_counter() - start
    peaks.done.set()
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output}")
    return Measured(seconds, peaks.largest, peaks.family, output)


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
