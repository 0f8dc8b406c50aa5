"""Writers in processes of their own that begin together: what they write into one store shows what a race loses."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY = b"ready\n"


@dataclass(frozen=True)
class Writers:
    """How many there are, and how often each of them writes."""

    processes: int
    threads: int
    each: int

    @property
    def names(self) -> list[str]:
        """What each of them is called: its process and its thread."""
        return [f"{process}-{thread}" for process in range(self.processes) for thread in range(self.threads)]

    def write(self, script: str, address: str) -> None:
        """Run `script` in each process with the store's address, its own number, the threads and the times.

        It says `ready` when all is imported, and begins with the first line that it reads.
        """
        counts = (str(self.threads), str(self.each))
        running = [
            subprocess.Popen(
                [sys.executable, "-c", script, address, str(process), *counts],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
                env=os.environ.copy(),
            )
            for process in range(self.processes)
        ]
        for writer in running:
            assert writer.stdout is not None
            assert writer.stdout.readline() == READY
        for writer in running:
            assert writer.stdin is not None
            writer.stdin.write(b"go\n")
            writer.stdin.flush()
        for writer in running:
            writer.communicate(timeout=120)
            assert writer.returncode == 0
