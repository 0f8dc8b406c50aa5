"""A channel that is always there: a file with a line of JSON for each message."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from roadworthy.alerts.channels.interface import NotSent
from roadworthy.alerts.message import Text
from roadworthy.canonical import canonical_json
from roadworthy.clock import utc_now


@dataclass(frozen=True)
class LogFile:
    """Appends to `path`, durably; the retention sweep may cut it meanwhile."""

    path: Path
    clock: Callable[[], datetime] = utc_now
    name: str = "log"

    def send(self, text: Text) -> None:
        """See `Channel.send`."""
        line = canonical_json({"at": self.clock().isoformat(), **text.model_dump(mode="json")}) + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # One write to a file opened for appending: lines of several writers don't mix.
            with self.path.open("ab", buffering=0) as file:
                file.write(line)
                os.fsync(file.fileno())
        except OSError as error:
            raise NotSent("not_written", self.name) from error
