"""How answers of rehearsals came about, kept on this machine beside the bundles: times differ from run to run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import write_bytes
from roadworthy.settings import Settings

if TYPE_CHECKING:
    from roadworthy.evaluation.query_traces import QueryTrace


def traces_folder(settings: Settings) -> Path:
    """Return the folder in which traces are kept, by capability and by the digest of the table of answers."""
    return settings.home_path / "cache" / "traces"


def keep_traces(folder: Path, capability: str, answers: str, traces: Sequence[QueryTrace]) -> None:
    """Keep the traces of the answers whose table has the digest `answers`.

    Where an answer was kept from an earlier rehearsal, so is its trace: it tells how long the model took.
    """
    # Late imports: start-up time.
    from roadworthy.evaluation.query_traces import traces_to_jsonl, with_earlier

    place = folder / capability
    place.mkdir(parents=True, exist_ok=True)
    written = sorted(place.glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    latest = {path: None for path in (*written[-1:], _path(folder, capability, answers)) if path.is_file()}
    earlier = [trace for path in latest for trace in _read(path)]
    write_bytes(_path(folder, capability, answers), traces_to_jsonl(with_earlier(traces, earlier)))


def find_traces(folder: Path, capability: str, answers: str) -> tuple[QueryTrace, ...]:
    """Return the traces of a table of answers; none where they were answered on another machine."""
    path = _path(folder, capability, answers)
    return _read(path) if path.is_file() else ()


def _read(path: Path) -> tuple[QueryTrace, ...]:
    from roadworthy.evaluation.query_traces import traces_from_jsonl

    return traces_from_jsonl(path.read_bytes())


def _path(folder: Path, capability: str, answers: str) -> Path:
    return folder / capability / f"{answers}.jsonl"
