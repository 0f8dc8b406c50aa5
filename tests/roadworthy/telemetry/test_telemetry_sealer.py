"""The sealer in the background seals by itself, and outlives a store that is down."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.any_events import NOON, an_event
from fakes.memory_store import MemoryStore

from roadworthy.errors import Unavailable
from roadworthy.telemetry.background import BackgroundSealer
from roadworthy.telemetry.lines import event_line
from roadworthy.telemetry.reading import Window, read_events
from roadworthy.telemetry.segments import segments_in

LONG = 30
"""Seconds after which a test gives up."""


@dataclass
class ComingBack(MemoryStore):
    """Is down for its first write; says so, and when something is kept."""

    refused: threading.Event = field(default_factory=threading.Event)
    kept: threading.Event = field(default_factory=threading.Event)

    def create(self, key: str, content: bytes) -> None:
        """Refuse the first time, then keep."""
        if not self.refused.is_set():
            self.refused.set()
            raise Unavailable("down: secret-place")
        super().create(key, content)
        self.kept.set()


def test_it_seals_by_itself_when_the_store_is_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A round that fails is told without content; the next one brings every event, with nobody's help."""
    caplog.set_level(logging.WARNING)
    (tmp_path / "s.jsonl").write_bytes(event_line(an_event("r1")) + b'{"v":1,"torn')
    store = ComingBack()
    sealer = BackgroundSealer(tmp_path, store, every=0.001)
    assert store.kept.wait(LONG)
    sealer.close()
    assert read_events(store, Window(NOON, NOON + timedelta(hours=1)))["id"].to_pylist() == ["r1"]
    assert segments_in(tmp_path) == []
    assert "wait to be sealed: Unavailable" in caplog.text
    assert "1 damaged lines" in caplog.text
    assert "secret-place" not in caplog.text


def test_closing_seals_once_more(tmp_path: Path) -> None:
    """What was written since the last round is in the store when the process ends."""
    store = MemoryStore()
    sealer = BackgroundSealer(tmp_path, store, every=3600)
    (tmp_path / "s.jsonl").write_bytes(event_line(an_event("r1")))
    sealer.close()
    assert len(store.keys("telemetry/events")) == 1
