"""What recording an event costs a request, and how fast segments are sealed; each beside the least it could cost.

`python -m benchmarks.telemetry --events 50000`. Recording: the time that `record` takes from its caller, at the pace at
which the disk takes events, against encoding the same line and writing it to a buffered file, which is neither safe nor
free of waiting. Sealing: rows a second from a segment to the store, against pyarrow alone, which reads the same lines
and writes one Parquet file. Rounds take turns, and the medians are kept.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep
from typing import Any

from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.store import LocalStore
from roadworthy.telemetry.event import Called, Ending, Event, GuardVerdict, Kind, Part, Retrieved
from roadworthy.telemetry.lines import event_line
from roadworthy.telemetry.recorder import SegmentRecorder
from roadworthy.telemetry.sealing import seal_segments

RESULTS = Path(__file__).resolve().parent / "results" / "telemetry.json"
PIECE = 1000
"""So many events are recorded before the disk is waited for: about what half a second brings."""
TYPICAL = Event(
    "", datetime(2026, 11, 23, 12, tzinfo=UTC), Kind.ANSWER, Ending.ANSWERED, 200, 0.8317,
    tenant="0123456789abcdef", user="fedcba9876543210", conversation="00ff00ff00ff00ff",
    capability="bank-helpdesk", release=5, digest="a" * 64, arm="production",
    parts=tuple(Part(name, 0.0123) for name in ("limits", "guards", "retrieval", "model", "output guards")),
    prompt_tokens=812, completion_tokens=96, cost=Decimal("0.000742"), currency="USD",
    guards=tuple(GuardVerdict("input", name, "allowed", 0.0004) for name in ("size", "unicode", "policy", "secrets")),
    retrieved=tuple(Retrieved(f"document-{number}", 100 * number, 0.9 / number, number == 1) for number in (1, 2, 3)),
    calls=(Called("get_account", "done", "b" * 64),),
)  # fmt: skip


def recording(events: Sequence[Event], folder: Path) -> tuple[list[float], float]:
    """Return the seconds of each `record`, and the processor's seconds for all, the writer's thread among them."""
    recorder, taken, worked = SegmentRecorder(folder), [], process_time()
    for start in range(0, len(events), PIECE):
        for event in events[start : start + PIECE]:
            begun = perf_counter()
            recorder.record(event)
            taken.append(perf_counter() - begun)
        while recorder.waiting:
            sleep(0.001)
    recorder.close()
    assert recorder.lost == 0
    return taken, process_time() - worked


def buffered(events: Sequence[Event], path: Path) -> list[float]:
    """Return the seconds of each event that is encoded and written to a file by its caller."""
    taken = []
    with path.open("wb") as file:
        for event in events:
            begun = perf_counter()
            file.write(event_line(event))
            taken.append(perf_counter() - begun)
    return taken


def with_pyarrow(segment: bytes, path: Path) -> None:
    """Read the lines and write them as they are."""
    import pyarrow.json
    import pyarrow.parquet

    options = pyarrow.json.ReadOptions(use_threads=False, block_size=len(segment) + 1)
    pyarrow.parquet.write_table(pyarrow.json.read_json(io.BytesIO(segment), options), path, compression="zstd")


def measure(count: int, rounds: int, folder: Path) -> dict[str, Any]:
    """Return the figures of both, and their ratios."""
    apart = timedelta(milliseconds=1)
    events = [replace(TYPICAL, id=f"r{number:031}", at=TYPICAL.at + number * apart) for number in range(count)]
    segment = b"".join(map(event_line, events))
    taken: dict[str, list[float]] = {name: [] for name in ("record", "p99", "work", "buffered", "sealing", "pyarrow")}
    for number in range(rounds):
        place = folder / str(number)
        each, work = recording(events, place / "recorded")
        taken["record"].append(median(each))
        taken["p99"].append(quantiles(each, n=100)[98])
        taken["work"].append(work / count)
        taken["buffered"].append(median(buffered(events, folder / "buffered")))
        (place / "sealed").mkdir()
        (place / "sealed" / "s.jsonl").write_bytes(segment)
        store = LocalStore(place / "store")
        taken["sealing"].append(_seconds(lambda place=place, store=store: seal_segments(place / "sealed", store)))
        taken["pyarrow"].append(_seconds(lambda: with_pyarrow(segment, folder / "alone.parquet")))
    found = {name: median(values) for name, values in taken.items()}
    return {
        "events": count, "rounds": rounds, "bytes a line": round(len(segment) / count),
        "record": {
            "p50, us": _us(found["record"]), "p99, us": _us(found["p99"]),
            "processor with the writer, us": _us(found["work"]),
            "buffered write p50, us": _us(found["buffered"]),
            "ratio of p50": round(found["record"] / found["buffered"], 3),
        },
        "sealing": {
            "rows/s": round(count / found["sealing"]), "pyarrow alone, rows/s": round(count / found["pyarrow"]),
            "ratio": round(found["pyarrow"] / found["sealing"], 3),
        },
    }  # fmt: skip


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--folder", type=Path, help="On the disk to be measured; by default the system's temporary one."
    )
    arguments = parser.parse_args()
    with TemporaryDirectory(dir=arguments.folder) as folder:
        figures = readable_json(measure(arguments.events, arguments.rounds, Path(folder)))
    write_bytes(RESULTS, figures)
    print(figures.decode())


def _seconds(act: Callable[[], object]) -> float:
    begun = perf_counter()
    act()
    return perf_counter() - begun


def _us(seconds: float) -> float:
    return round(1e6 * seconds, 2)


if __name__ == "__main__":
    main()
