"""`roadworthy dashboards` writes a page of what was asked a moment ago, and the same panels for Grafana."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.any_events import an_event
from fakes.front_door import ask

from roadworthy.dashboards.panels.standard import DASHBOARDS
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.recorder import SegmentRecorder


def test_the_page_holds_what_is_not_sealed_yet(tmp_path: Path) -> None:
    """Only the days that were asked for."""
    recorder = SegmentRecorder(tmp_path / ".roadworthy" / OPEN)
    now = datetime.now(UTC)
    for number, days in enumerate((0, 1, 5)):
        at = now - timedelta(days=days, minutes=5)
        recorder.record(an_event(f"r{number}", at, capability="help-desk", release=1))
    recorder.close()
    said = ask(tmp_path, "dashboards", "--days", "2", "--json", ROADWORTHY_ROOT=str(tmp_path))
    assert said.code == 0, said.err
    written = json.loads(said.out)
    assert written["events"] == 2
    assert "help-desk" in Path(written["path"]).read_text(encoding="utf-8")


def test_files_for_grafana_are_written_once(tmp_path: Path) -> None:
    """A file for each dashboard; the second time there is nothing to do."""
    first, second = (ask(tmp_path, "dashboards", "--grafana", "grafana", "--json") for _ in range(2))
    assert len(json.loads(first.out)["written"]) == len(DASHBOARDS)
    assert json.loads(second.out)["written"] == []
    assert "was up to date" in ask(tmp_path, "dashboards", "--grafana", "grafana").out
