"""The house's log: what every part writes, line by line with its name, on the terminal and in one file."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TextIO

WIDTH = 9
HOUSE = "house"


class HouseLog:
    """Written by many threads; a terminal that is gone ends nothing."""

    def __init__(self, path: Path, terminal: TextIO) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Appended to, so that the retention sweep may cut it while it is open.
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._terminal = terminal
        self._lock = threading.Lock()

    def say(self, text: str, name: str = HOUSE) -> None:
        """Write one line."""
        line = f"{datetime.now():%Y-%m-%d %H:%M:%S} {name:<{WIDTH}}| {text}\n"
        with self._lock:
            for target in (self._file, self._terminal):
                try:
                    target.write(line)
                    target.flush()
                except (OSError, ValueError):
                    continue  # A full disk or a closed terminal must not stop what is logged.

    def follow(self, name: str, stream: BinaryIO) -> None:
        """Write what comes out of `stream`, until its end."""
        with stream:
            for line in stream:
                if text := line.decode("utf-8", errors="replace").rstrip():
                    self.say(text, name)
