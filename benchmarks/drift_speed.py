"""How fast two windows are profiled and compared, beside a bare scan of the same files and beside Evidently.

`python -m benchmarks.drift_speed --rows 1000000`: two Parquet files of eleven columns, eight numbers and three sets of
categories. The bare scan is DuckDB's, and the least that looks at every value: the sum of each number and the length of
each text. Each measurement is a process of its own and counts when it is done for the second time, without
imports; rounds take turns, and the medians count.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "drift_speed.json"
PEER = HERE / ".environments" / "evidently"
TARGETS = {"ours / bare scan": 3, "Evidently / ours": 30, "memory, MB": 500}
NUMBERS = [f"n{place}" for place in range(8)]
SETS = [f"c{place}" for place in range(3)]
TABLE = """
    select random() * 100 as n0, random() + random() + random() + {shift} as n1, -ln(random() + 1e-9) as n2,
    floor(random() * 1000)::int as n3, floor(random() * 24)::smallint as n4, round(random() * 50, 1) as n5,
    (random() * 2000)::int as n6, case when random() < .1 then null else round(random() * 9, 2) end as n7,
    'carrier ' || floor(random() * 16)::int as c0, 'town ' || floor(random() * 105)::int as c1,
    'type ' || floor(random() * random() * 500)::int as c2 from range({rows})
"""


def make_files(folder: Path, rows: int) -> list[Path]:
    """Write the reference and the night, in which one column moved."""
    import duckdb

    paths = [folder / "reference.parquet", folder / "night.parquet"]
    with duckdb.connect() as connection:
        for path, shift in zip(paths, (0.0, 0.5), strict=True):
            connection.execute("select setseed(.5)")
            query = TABLE.format(shift=shift, rows=rows)
            connection.execute(f"copy ({query}) to '{path}' (format parquet, compression zstd)")
    return paths


def bare(paths: list[Path], threads: int) -> float:
    """Return the seconds of a scan of all columns of both files."""
    import duckdb

    sums = ", ".join([*(f"sum({one})" for one in NUMBERS), *(f"max(strlen({one}))" for one in SETS)])
    with duckdb.connect(config={"threads": threads}) as connection:
        begun = perf_counter()
        for path in paths:
            connection.sql(f"select {sums} from '{path}'").fetchall()  # noqa: S608
        return perf_counter() - begun


def ours(paths: list[Path], layout_path: Path) -> float:
    """Return the seconds until both files are profiled and compared, by a layout that was made before."""
    from roadworthy.drift.alarms import AlarmPolicy, judge
    from roadworthy.drift.baseline import Baseline, Night
    from roadworthy.drift.profile.profile import Layout
    from roadworthy.drift.profile.scanning import profile_files

    layout = Layout.model_validate_json(layout_path.read_bytes())
    begun = perf_counter()
    reference, night = (profile_files([path], layout) for path in paths)
    baseline = Baseline(layout, [Night(date(2013, 1, 1), reference)])
    found = judge(Night(date(2013, 7, 14), night), baseline, AlarmPolicy())
    assert [one.name for one in found.columns if one.verdict == "drift"] == ["n1"]
    return perf_counter() - begun


def laying_out(reference: Path, layout_path: Path) -> float:
    """Return the seconds that it takes to make the layout, once for each reference."""
    from roadworthy.drift.profile.laying_out import Watched, make_layout

    begun = perf_counter()
    columns = [*(Watched(one, "numeric") for one in NUMBERS), *(Watched(one, "categorical") for one in SETS)]
    layout_path.write_bytes(make_layout([reference], columns).to_bytes())
    return perf_counter() - begun


def work(kind: str, folder: Path) -> None:
    """Do one measurement in this process, and print it."""
    paths, layout_path = [folder / "reference.parquet", folder / "night.parquet"], folder / "layout.json"
    acts = {
        "ours": lambda: ours(paths, layout_path),
        "layout": lambda: laying_out(paths[0], layout_path),
        "bare": lambda: bare(paths, 2),
        "bare, one thread": lambda: bare(paths, 1),
    }
    # The second time counts: the first one imports, and finds the files on the disk.
    acts[kind]()
    worked, seconds = process_time(), acts[kind]()
    worked = process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"s": seconds, "processor, s": worked, "memory, MB": round(memory)}))


def peer(folder: Path) -> dict[str, Any] | str:
    """Return Evidently's figures, or why there are none."""
    if not shutil.which("uv"):
        return "left out: uv is not there to make its environment"
    python = PEER / "bin" / "python"
    if not (PEER / ".ready").is_file():
        subprocess.run(["uv", "venv", "--quiet", "--clear", "--python", "3.11", str(PEER)], check=True)
        command = [
            "uv",
            "pip",
            "install",
            "--quiet",
            "--python",
            str(python),
            "evidently>=0.7,<0.8",
            "pandas<3",
            "pyarrow",
        ]
        if subprocess.run(command, check=False).returncode:
            return "left out: Evidently can't be installed here"
        (PEER / ".ready").touch()
    script = HERE / "peers" / "evidently_drift.py"
    files = [str(folder / "reference.parquet"), str(folder / "night.parquet")]
    done = subprocess.run([str(python), str(script), *files], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(rows: int, rounds: int, folder: Path, with_peer: bool) -> dict[str, Any]:
    """Return all figures and their ratios."""
    make_files(folder, rows)
    layout = _child("layout", folder)
    kinds = ("ours", "bare", "bare, one thread")
    taken = [{kind: _child(kind, folder) for kind in kinds} for _ in range(rounds)]
    seconds = {kind: median(one[kind]["s"] for one in taken) for kind in kinds}
    figures: dict[str, Any] = {
        "rows a window": rows, "columns": len(NUMBERS + SETS), "rounds": rounds, "targets": TARGETS,
        "seconds": {kind: round(one, 3) for kind, one in seconds.items()},
        "layout, s (once a reference)": round(layout["s"], 2),
        "memory, MB": max(one["ours"]["memory, MB"] for one in taken),
        "ours / bare scan": round(median(one["ours"]["s"] / one["bare"]["s"] for one in taken), 2),
        "ours / bare scan, processor's seconds": round(
            median(one["ours"]["processor, s"] / one["bare, one thread"]["processor, s"] for one in taken), 2
        ),
        "ours / bare scan with one thread": round(
            median(one["ours"]["s"] / one["bare, one thread"]["s"] for one in taken), 2
        ),
    }  # fmt: skip
    if with_peer:
        found = figures["Evidently"] = peer(folder)
        if isinstance(found, dict):
            figures["Evidently / ours"] = round(found["report, s"] / seconds["ours"], 1)
    return figures


def _child(kind: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.drift_speed", "--work", kind, "--folder", str(folder)]
    done = subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-peer", action="store_true", help="without Evidently")
    parser.add_argument("--no-results", action="store_true", help="print only")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.work, given.folder)
        return
    with TemporaryDirectory() as folder:
        figures = readable_json(measure(given.rows, given.rounds, Path(folder), not given.no_peer))
    if not given.no_results:
        write_bytes(RESULTS, figures)
    print(figures.decode())


if __name__ == "__main__":
    main()
