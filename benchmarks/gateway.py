"""Measures what the gateway adds to a call of a language model, beside LiteLLM's proxy, side by side in one run.

`python -m benchmarks.gateway` takes about three minutes. The upstream is a trivial endpoint that answers at once, in a
process of its own; the load comes from another (benchmarks/http_load.py). In each round every way is loaded in turn,
with one connection and with many, so that a machine whose speed drifts favours none of them; medians count.

direct: the load goes to the upstream itself. guards off: through `roadworthy serve`, one worker, and a released
assistant without guards. In its path: body, schema, key ring, limits, fair queue, routing by the ledger, search by
words in three documents, one passage into the prompt, the call of the upstream, citations, and an event in telemetry.
guards on: the same with all guards of the bank's help desk, three passages of 580 characters and a question of one
kilobyte; passages were looked at before, as in production, questions and answers are looked at anew. LiteLLM: its proxy
with one worker, without keys, database and logs; it has none of these parts. Answers are kept by neither. The overhead
is a way's time less the direct one's of the same round.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks import gateway_peer
from benchmarks.gateway_desk import Desk, guarded_desk
from benchmarks.gateway_process import Running, running_gateway, running_upstream
from benchmarks.gateway_project import CHAT, ROOT, small_project
from benchmarks.guardrails import KILOBYTE
from roadworthy.atomic import write_bytes

RESULTS = ROOT / "benchmarks" / "results" / "gateway.json"
TARGETS = {
    "guards off: overhead p50 ms, at most": 1.5,
    "guards off: requests/s, times LiteLLM's, at least": 10,
    "guards on: overhead p99 ms, at most": 8,
}
DIRECT, OFF, ON, PEER = "direct", "guards off", "guards on", "LiteLLM"
QUESTIONS = [f"{number} {KILOBYTE}"[: len(KILOBYTE)] for number in range(1, 257)]
"""So many that what the guards remember of the last ones is of no use."""
JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Way:
    """A way to the upstream."""

    name: str
    server: Running
    bodies: tuple[bytes, ...]
    """What is asked, in turn."""

    def check(self) -> None:
        """Raise `AssertionError` unless it gives the upstream's answer."""
        said = httpx.post(f"{self.server.url}{CHAT}", content=self.bodies[0], headers=JSON, timeout=30)
        text = said.json()["choices"][0]["message"]["content"] if said.status_code == 200 else ""
        assert "monthly fee of 4 dollars" in text, f"{self.name}: {said.status_code} {said.text}"

    def load(self, connections: int, seconds: float, bodies: Path) -> dict[str, Any]:
        """Load it, and return the client's figures with the server's time on a processor."""
        bodies.write_bytes(b"\n".join(self.bodies) + b"\n")
        command = [sys.executable, "-m", "benchmarks.http_load", f"{self.server.url}{CHAT}", str(bodies)]
        command += ["--connections", str(connections), "--seconds", str(seconds)]
        before = self.server.processor_seconds
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found: dict[str, Any] = json.loads(done.stdout)
        used = self.server.processor_seconds - before
        return {**found, "processor ms a request": round(used / max(found["answered"], 1) * 1000, 3)}


@contextmanager
def ways(folder: Path, with_peer: bool) -> Iterator[list[Way]]:
    """Start everything and return the ways; LiteLLM's is missing where it can't be installed."""
    with ExitStack() as stack:
        project, upstream = stack.enter_context(small_project()), stack.enter_context(running_upstream())
        plain, guarded = Desk(), guarded_desk()
        for desk in (plain, guarded):
            project.put_in_production(desk, f"{upstream.url}/v1")
        ours = stack.enter_context(running_gateway(project, kept_answer_seconds=0))
        found = [
            Way(DIRECT, upstream, (Desk(name="bench").body(),)),
            Way(OFF, ours, (plain.body(),)),
            Way(ON, ours, tuple(guarded.body(question) for question in QUESTIONS)),
        ]
        if with_peer:
            found += _peer(stack, upstream, folder)
        yield found


def _peer(stack: ExitStack, upstream: Running, folder: Path) -> list[Way]:
    try:
        command = gateway_peer.installed()
    except subprocess.CalledProcessError as error:
        print(f"LiteLLM is left out, since it can't be installed: {error}", file=sys.stderr)
        return []
    server = stack.enter_context(gateway_peer.running_litellm(command, f"{upstream.url}/v1", folder))
    return [Way(PEER, server, (Desk(name=gateway_peer.MODEL).body(),))]


def measure(rounds: int, connections: int, seconds: float, with_peer: bool) -> dict[str, Any]:
    """Load every way in turn, round by round."""
    with TemporaryDirectory() as scratch, ways(Path(scratch), with_peer) as found:
        bodies = Path(scratch) / "bodies"
        for way in found:
            way.check()
            way.load(connections, 1.0, bodies)
        measured = [
            {way.name: {count: way.load(count, seconds, bodies) for count in (1, connections)} for way in found}
            for _ in range(rounds)
        ]
    return summary(measured, connections)


def summary(measured: list[dict[str, Any]], connections: int) -> dict[str, Any]:
    """Return medians over the rounds, and what they say about the targets."""
    found: dict[str, Any] = {"targets": TARGETS, "rounds": len(measured)}
    for name in measured[0]:
        for count in (1, connections):
            runs = [one[name][count] for one in measured]
            figures = {key: round(median(run[key] for run in runs), 3) for key in runs[0] if key != "statuses"}
            found[f"{name}, {count} connections"] = figures
    found["overhead"] = {
        f"{name}, 1 connection": {
            key: round(median(one[name][1][key] - one[DIRECT][1][key] for one in measured), 2)
            for key in ("p50 ms", "p99 ms")
        }
        for name in measured[0]
        if name != DIRECT
    }
    if PEER in measured[0]:
        found["litellm version"] = gateway_peer.version(gateway_peer.installed())
        for count in (1, connections):
            ratios = [one[OFF][count]["requests/s"] / max(one[PEER][count]["requests/s"], 0.1) for one in measured]
            found[f"guards off / LiteLLM, requests/s at {count}"] = round(median(ratios), 1)
    return found


def table(found: dict[str, Any]) -> Iterator[str]:
    """Yield the figures as lines for people."""
    columns = ("p50 ms", "p99 ms", "requests/s", "processor ms a request", "errors")
    yield f"{'':<28}" + "".join(f"{column:>24}" for column in columns)
    for name, row in found.items():
        if isinstance(row, dict) and "requests/s" in row:
            yield f"{name:<28}" + "".join(f"{row[column]:>24}" for column in columns)
    for name, row in found["overhead"].items():
        yield f"overhead, {name}: p50 {row['p50 ms']} ms, p99 {row['p99 ms']} ms"
    for name, value in found.items():
        if name.startswith("guards off /"):
            yield f"{name}: {value}"


def main() -> None:
    """Read the command line, measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each way in each round, with each load")
    parser.add_argument("--no-peer", action="store_true", help="leave LiteLLM out")
    parser.add_argument("--no-results", action="store_true", help="print only")
    given = parser.parse_args()
    found = measure(given.rounds, given.connections, given.seconds, not given.no_peer)
    if not given.no_results:
        write_bytes(RESULTS, (json.dumps(found, indent=2) + "\n").encode())
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
