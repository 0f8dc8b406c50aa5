"""Measures `roadworthy release` against the bare script: cold, unchanged, memory, rollback and reproduction.

`python -m benchmarks.release --rounds 5`: works in a clone of the last commit, with the Prefect server that its first
release starts and leaves up. In each round every command runs once, one after another, so that a machine whose speed
drifts does not favour one of them. Figures are ratios of the same round; the median is what counts. `--peers` runs the
bare script's steps in Metaflow and ZenML as well, each in an environment of its own that is made on first use.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.measuring import Memory, Timed, run, watch
from benchmarks.peers.environments import Peer, make_peers
from roadworthy.params.loading import load_params

REPOSITORY = Path(__file__).resolve().parent.parent
CAPABILITY = "flight-delay"
RESULTS = Path(__file__).resolve().parent / "results" / "release.json"
ROADWORTHY = [sys.executable, "-m", "cli.main"]
ENVIRONMENTS = Path(__file__).resolve().parent / ".environments"
NAMES = ("bare", "cold", "unchanged", "rollback", "reproduce")
STEP_LINE = re.compile(r"^(\w+) +([\d.]+) s  ", re.MULTILINE)
BESIDE = {"reference"}
"""Steps that are performed beside others."""
TARGETS = {"cold / bare": 2.3, "unchanged / bare": 0.8, "reproduce / cold": 1.5, "all processes' memory / bare's": 2.0}


class Bench:
    """A clone of the last commit, in which releases are made over and over."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.sources = folder / "sources"
        self._number = 0
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ROADWORTHY_")},
            "PYTHONPATH": str(self.root),
            "OMP_NUM_THREADS": "1",
        }
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(self.root)], check=True)

    def set_up(self) -> None:
        """Make and promote a first release, and lay out the same source files for the bare script."""
        run([*ROADWORTHY, "release", CAPABILITY], self.root, self.environment)
        run([*ROADWORTHY, "promote", f"{CAPABILITY}@1", "--approve"], self.root, self.environment)
        self.sources.mkdir()
        ingest = load_params(self.root / "params.yaml").capabilities[CAPABILITY].ingest
        for source in ingest.sources.values():
            cached = self.root / ".roadworthy" / "cache" / "sources" / "sha256" / source.sha256
            shutil.copyfile(cached, self.sources / source.uri.rpartition("/")[2])

    @property
    def bare_command(self) -> list[str]:
        """The peer: the bare script."""
        return [sys.executable, str(REPOSITORY / "benchmarks" / "bare_release.py"), str(self.sources)]

    def bare(self) -> Timed:
        """Run the bare script."""
        return run(self.bare_command, self.root, self.environment)

    def memory(self) -> tuple[Memory, Memory]:
        """Watch the bare script's memory, and that of a cold release."""
        bare = watch(self.bare_command, self.root, self.environment)
        self._forget()
        return bare, watch([*ROADWORTHY, "release", CAPABILITY], self.root, self.environment)

    def cold(self) -> Timed:
        """Release with nothing made before: no step's outputs, none in DVC's cache, and a digest that is new."""
        self._forget()
        return run([*ROADWORTHY, "release", CAPABILITY], self.root, self.environment)

    def _forget(self) -> None:
        self._number += 1
        for name in ("data/flight-delay", "data/quarantine", ".dvc/cache", ".dvc/tmp"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        (self.root / "dvc.lock").unlink(missing_ok=True)
        params = self.root / "params.yaml"
        text = re.sub(r"owner: .*", f"owner: round-{self._number}", params.read_text(), count=1)
        params.write_text(text)
        commit = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-qam", "Change"]
        subprocess.run(commit, cwd=self.root, check=True)

    def unchanged(self) -> Timed:
        """Release again."""
        return run([*ROADWORTHY, "release", CAPABILITY], self.root, self.environment)

    def rollback(self) -> Timed:
        """Promote the latest release, not measured, and roll back."""
        run([*ROADWORTHY, "promote", f"{CAPABILITY}@{self._number + 1}", "--approve"], self.root, self.environment)
        return run([*ROADWORTHY, "rollback", CAPABILITY], self.root, self.environment)

    def reproduce(self) -> Timed:
        """Rebuild the latest release."""
        return run([*ROADWORTHY, "reproduce", f"{CAPABILITY}@{self._number + 1}"], self.root, self.environment)

    def tear_down(self) -> None:
        """Stop the servers."""
        run([*ROADWORTHY, "down"], self.root, self.environment)


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", action="store_true", help="run Metaflow and ZenML side by side")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="roadworthy-bench-") as scratch:
        bench = Bench(Path(scratch))
        try:
            bench.set_up()
            peers = make_peers(ENVIRONMENTS, Path(scratch, "peers"), bench.sources) if asked.peers else []
            for peer in peers:  # Once unmeasured: they make databases.
                _run_peer(peer, bench)
            measured = [_round(bench, peers, number) for number in range(1, asked.rounds + 1)]
            bare, cold = bench.memory()
        finally:
            bench.tear_down()
    _report(measured, bare, cold)


def _round(bench: Bench, peers: list[Peer], number: int) -> dict[str, Timed]:
    runs: dict[str, Callable[[], Timed]] = {name: getattr(bench, name) for name in NAMES}
    runs |= {peer.name: partial(_run_peer, peer, bench) for peer in peers}
    found = {}
    for name, make in runs.items():
        found[name] = make()
        print(f"round {number}: {name:<10} {found[name].seconds:6.2f} s", flush=True)
    return found


def _run_peer(peer: Peer, bench: Bench) -> Timed:
    return run(peer.command, bench.root, peer.environment)


def _seconds_by_step(runs: list[Timed]) -> dict[str, float]:
    """Return the median of each step, and of what lies before, between and after the steps."""
    found = [{name: float(seconds) for name, seconds in STEP_LINE.findall(one.output)} for one in runs]
    medians = {name: round(median(one[name] for one in found), 2) for name in found[0]}
    one_by_one = [sum(seconds for name, seconds in steps.items() if name not in BESIDE) for steps in found]
    rest = median(one.seconds - steps for one, steps in zip(runs, one_by_one, strict=True))
    return {**medians, "start, end and in between": round(rest, 2)}


def _report(measured: list[dict[str, Timed]], bare: Memory, cold: Memory) -> None:
    ratios = {
        "cold / bare": [one["cold"].seconds / one["bare"].seconds for one in measured],
        "unchanged / bare": [one["unchanged"].seconds / one["bare"].seconds for one in measured],
        "reproduce / cold": [one["reproduce"].seconds / one["cold"].seconds for one in measured],
        "largest process's memory / bare's": [cold.largest_process / bare.largest_process],
        "all processes' memory / bare's": [cold.family / bare.family],
        "rollback, seconds": [one["rollback"].seconds for one in measured],
    }
    for peer in set(measured[0]).difference(NAMES):
        ratios[f"{peer} / bare"] = [one[peer].seconds / one["bare"].seconds for one in measured]
    content = {
        "rounds": len(measured),
        "seconds": {name: [round(one[name].seconds, 2) for one in measured] for name in measured[0]},
        "figures": {
            name: {"median": round(median(values), 2), "min": round(min(values), 2), "max": round(max(values), 2)}
            for name, values in ratios.items()
        },
        "where a cold release's seconds go": _seconds_by_step([one["cold"] for one in measured]),
        "targets": {**TARGETS, "rollback, seconds": 1.0},
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(content, indent=2) + "\n")
    for name, figure in content["figures"].items():  # type: ignore[attr-defined]
        print(f"{name:<34} {figure['median']:6.2f}  ({figure['min']} to {figure['max']})")
    for name, seconds in content["where a cold release's seconds go"].items():  # type: ignore[attr-defined]
        print(f"  {name:<32} {seconds:6.2f} s")


if __name__ == "__main__":
    main()
