"""How profiles grow with rows, beside a bare scan of the same files, and what a second Dask worker saves.

`python -m benchmarks.drift_scale --full`: Parquet files of eleven columns and a quarter of a million rows each, 1M, 10M
and, with `--full`, 100M rows; the layout is one, of the first file. Each measurement is a process of its own. Memory is
the peak of its resident pages, added up over all its processes where there are workers. A cluster's time is that of its
second profile, when the workers have imported what they need: starting them takes seconds, however many rows there are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from benchmarks.drift_speed import NUMBERS, SETS, TABLE, bare
from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "drift_scale.json"
TARGETS = {"memory, MB": 1000, "one worker / two workers": 1.7, "seconds a row, largest / smallest": 1.3}
A_FILE = 250_000
SIZES = (1_000_000, 10_000_000)
FULL = 100_000_000


def make_files(folder: Path, rows: int) -> None:
    """Write the largest table; smaller ones are its first files."""
    import duckdb

    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("select setseed(.5)")
        for place in range(rows // A_FILE):
            query = TABLE.format(shift=0, rows=A_FILE)
            path = folder / f"{place:04}.parquet"
            connection.execute(f"copy ({query}) to '{path}' (format parquet, compression zstd)")


def profile(paths: list[Path], layout_path: Path, threads: int) -> dict[str, Any]:
    """Profile the files in this process."""
    from roadworthy.drift.profile.profile import Layout
    from roadworthy.drift.profile.scanning import profile_files

    layout = Layout.model_validate_json(layout_path.read_bytes())
    return _timed(lambda: profile_files(paths, layout, threads).to_bytes())


def scan(paths: list[Path], threads: int) -> dict[str, Any]:
    """Scan the files and do nothing else."""
    return _timed(lambda: str(bool(bare(paths, threads))).encode())


def spread(paths: list[Path], layout_path: Path, workers: int) -> dict[str, Any]:
    """Profile the files with so many Dask workers, each of which has one thread."""
    from roadworthy.drift.profile.profile import Layout
    from tasks.profile_cluster import local_cluster, profile_on_cluster

    layout = Layout.model_validate_json(layout_path.read_bytes())
    with local_cluster(workers) as client:
        profile_on_cluster(paths, layout, client)
        before = client.run(process_time)
        found = _timed(lambda: profile_on_cluster(paths, layout, client).to_bytes())
        after, peaks = client.run(process_time), client.run(_peak)
        # Busy or not: with fewer free cores than workers, the wall tells of the machine.
        worked = [after[worker] - before[worker] for worker in after]
        memory = found["memory, MB"] + sum(peaks.values())
        return {**found, "workers' processor, s": [round(one, 2) for one in worked], "memory, MB": memory}


def _timed(act: Callable[[], bytes]) -> dict[str, Any]:
    worked, begun = process_time(), perf_counter()
    content = act()
    return {
        "s": round(perf_counter() - begun, 3),
        "processor, s": round(process_time() - worked, 3),
        "memory, MB": _peak(),
        "bytes": hashlib.sha256(content).hexdigest()[:16],
    }


def _peak() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure(folder: Path, sizes: tuple[int, ...], spread_rows: int, rounds: int) -> dict[str, Any]:
    """Return all figures and their ratios."""
    from roadworthy.drift.profile.laying_out import Watched, make_layout

    make_files(folder, max(sizes))
    columns = [*(Watched(one, "numeric") for one in NUMBERS), *(Watched(one, "categorical") for one in SETS)]
    (folder / "layout.json").write_bytes(make_layout([folder / "0000.parquet"], columns).to_bytes())
    by_rows = {f"{rows:,}": _of_size(folder, rows) for rows in sizes}
    costs = [one["ours, one thread"]["processor, s"] / rows for rows, one in zip(sizes, by_rows.values(), strict=True)]
    return {
        "columns": len(NUMBERS + SETS), "rows a file": A_FILE, "targets": TARGETS, "rows": by_rows,
        "seconds a row, largest / smallest": round(costs[-1] / costs[0], 2),
        "memory, MB": max(one["ours"]["memory, MB"] for one in by_rows.values()),
        "Dask": _spread(folder, spread_rows, rounds),
    }  # fmt: skip


def _of_size(folder: Path, rows: int) -> dict[str, Any]:
    kinds = ("ours", "ours, one thread", "bare scan", "bare scan, one thread")
    found = {kind: _child(kind, folder, rows) for kind in kinds}
    assert found["ours"]["bytes"] == found["ours, one thread"]["bytes"]
    ratio = found["ours, one thread"]["processor, s"] / found["bare scan, one thread"]["processor, s"]
    return {**found, "ours / bare scan, processor's seconds": round(ratio, 2)}


def _spread(folder: Path, rows: int, rounds: int) -> dict[str, Any]:
    taken = [{workers: _child(f"workers {workers}", folder, rows) for workers in (1, 2)} for _ in range(rounds)]
    alone = _child("ours, one thread", folder, rows)["bytes"]
    return {
        "rows": rows, "rounds": rounds, "cores": os.cpu_count(), "runs": taken,
        "same bytes as in one process": all(one["bytes"] == alone for pair in taken for one in pair.values()),
        "one worker / two workers": round(median(pair[1]["s"] / pair[2]["s"] for pair in taken), 2),
        "one worker / busier of two workers, processor's seconds": round(
            median(
                max(pair[1]["workers' processor, s"]) / max(pair[2]["workers' processor, s"]) for pair in taken
            ), 2
        ),
    }  # fmt: skip


def _child(kind: str, folder: Path, rows: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.drift_scale", "--work", kind, "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--rows", str(rows)], cwd=HERE.parent, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def work(kind: str, folder: Path, rows: int) -> dict[str, Any]:
    """Do one measurement in this process."""
    paths, layout = [folder / f"{place:04}.parquet" for place in range(rows // A_FILE)], folder / "layout.json"
    threads = 1 if "one thread" in kind else 2
    if kind.startswith("workers"):
        return spread(paths, layout, int(kind.split()[1]))
    # The second time counts: the first one imports.
    if kind.startswith("bare"):
        scan(paths[:1], threads)
        return scan(paths, threads)
    profile(paths[:1], layout, threads)
    return profile(paths, layout, threads)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="100M rows, too: 4 GB on the disk")
    parser.add_argument("--rounds", type=int, default=1, help="of the two clusters")
    parser.add_argument("--no-results", action="store_true", help="print only")
    parser.add_argument("--into", type=Path, help="a folder on a disk with room, for the files")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=SIZES[-1], help="that the clusters profile")
    given = parser.parse_args()
    if given.work:
        print(json.dumps(work(given.work, given.folder, given.rows)))
        return
    sizes = (*SIZES, FULL) if given.full else SIZES
    with TemporaryDirectory(dir=given.into) as folder:
        figures = readable_json(measure(Path(folder), sizes, given.rows, given.rounds))
    if not given.no_results:
        write_bytes(RESULTS, figures)
    print(figures.decode())


if __name__ == "__main__":
    main()
