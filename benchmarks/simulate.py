"""Runs all simulations of the watch, and writes one report of their figures.

`python -m benchmarks.simulate` takes the better part of an hour on one core and writes docs/simulations.md. `--quick`
runs a small part of each in a few minutes and writes to build/, so that no small run's figures stand for the whole.
`--report` simulates nothing and writes the report of what is kept.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.simulation_report import SimulationFigures, simulation_report
from roadworthy.atomic import write_bytes

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
REPORT = ROOT / "docs" / "simulations.md"
QUICK = ROOT / "build" / "simulations"


@dataclass(frozen=True)
class Simulation:
    """A module that simulates, and how it is told to run a small part."""

    name: str
    small: Sequence[str]


SIMULATIONS = (
    Simulation("drift_nights", ["--nights", "100", "--trials", "2"]),
    Simulation("canary_rollouts", ["--part", "50"]),
    Simulation("drift_incidents", ["--worlds", "1", "--quiet", "10"]),
)


def simulate(one: Simulation, results: Path, quick: bool) -> None:
    """Run a simulation to its end; its figures go to a file below `results`. Raises `CalledProcessError`."""
    path = results / f"{one.name}.json"
    command = [sys.executable, "-m", f"benchmarks.{one.name}", "--results", str(path)]
    print(f"{one.name} …", flush=True)
    subprocess.run([*command, *(one.small if quick else ())], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def write_report(results: Path, path: Path) -> None:
    """Write the report of the figures below `results`."""
    figures = SimulationFigures.read(results)
    write_bytes(path, simulation_report(figures).encode())


def main() -> None:
    """Simulate and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--quick", action="store_true", help="a small part of each, written to build/")
    which.add_argument("--report", action="store_true", help="only write the report of what is kept")
    given = parser.parse_args()
    results, report = (QUICK, QUICK / "simulations.md") if given.quick else (RESULTS, REPORT)
    results.mkdir(parents=True, exist_ok=True)
    for one in () if given.report else SIMULATIONS:
        simulate(one, results, given.quick)
    write_report(results, report)
    print(report.relative_to(ROOT))


if __name__ == "__main__":
    main()
