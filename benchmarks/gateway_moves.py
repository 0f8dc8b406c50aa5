"""Measures how soon a switch, a promotion and a rollback are effective, while requests come at a fixed rate.

`python -m benchmarks.gateway_moves`: `roadworthy serve` follows a ledger in a local store and is asked 200 times a
second. Releases differ in their model, whose name the upstream says in its text. In each turn a new release is put into
production (it is fetched, verified and opened first), its model switched off (the safe template answers) and on, and
then it is rolled back. A move's time runs from when
its entry is written to the last answer of the old state; failed is every request without status 200, and mixed every
answer whose header, body and text name different releases. Effective at once means that the last old answer was sent
before the entry was written.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.gateway_desk import Desk
from benchmarks.gateway_open_load import Load, Request, latencies, percentile
from benchmarks.gateway_process import running_gateway, running_upstream
from benchmarks.gateway_project import CHAT, ROOT, Project, small_project
from roadworthy.atomic import write_bytes
from roadworthy.release.entries import Fact, Moved, RolledBack, Stage, SwitchedOff, SwitchedOn

RESULTS = ROOT / "benchmarks" / "results" / "gateway_moves.json"
TARGETS = {"effective p99 seconds, at most": 1.0, "failed": 0, "mixed": 0}
FIRST = Desk(model="first")
SWITCHED = "template"
"""Says that an answer is the safe template's."""


@dataclass(frozen=True)
class Move:
    """One change in the ledger: when it was written, and what answered before and answers after it."""

    name: str
    at: float
    before: str
    after: str


@contextmanager
def served(turns: int) -> Iterator[tuple[Project, str, dict[str, str]]]:
    """Serve the first release; yield the project, the address, and each release's model by its digest."""
    with small_project() as project, running_upstream() as upstream:
        models = {project.put_in_production(FIRST, f"{upstream.url}/v1"): FIRST.model}
        for turn in range(turns):
            models[project.release(Desk(model=model_of(turn)), f"{upstream.url}/v1")] = model_of(turn)
        with running_gateway(project, kept_answer_seconds=0) as gateway:
            yield project, f"{gateway.url}{CHAT}", models


def model_of(turn: int) -> str:
    """Return what the model of a turn's release is called."""
    return f"turn-{turn:03}"


def make_moves(project: Project, turns: int, pause: float) -> list[Move]:
    """Make four moves in each turn, with so many seconds between them."""
    made = []
    for turn in range(turns):
        number, model = turn + 2, model_of(turn)
        steps: list[tuple[str, str, str, Fact]] = [
            ("promote", FIRST.model, model, Moved(release=number, stage=Stage.PRODUCTION)),
            ("switch off", model, SWITCHED, SwitchedOff(target="model", reason="measured")),
            ("switch on", SWITCHED, model, SwitchedOn(target="model", reason="measured")),
            ("roll back", model, FIRST.model, RolledBack(release=number, to=1, reason="measured")),
        ]
        project.record(FIRST.name, Moved(release=number, stage=Stage.STAGING))
        for name, before, after, fact in steps:
            time.sleep(pause)
            project.record(FIRST.name, fact)
            made.append(Move(name, time.monotonic(), before, after))
    time.sleep(pause)
    return made


def state_of(request: Request, models: dict[str, str]) -> str:
    """Return the model's name, or that the safe template answered; `mixed` when header, body and text disagree."""
    model = models.get(request.header, "")
    named = [name for name in models.values() if f"The {name} account" in request.text]
    if not model or request.header != request.body or named not in ([], [model]):
        return "mixed"
    return model if named else SWITCHED


def effective_seconds(moves: list[Move], answered: list[tuple[float, str]]) -> dict[str, list[float]]:
    """Return by kind of move how long the old state went on answering; `answered` is when, and by what."""
    found: dict[str, list[float]] = {}
    ends = [move.at for move in moves[1:]] + [float("inf")]
    for move, end in zip(moves, ends, strict=True):
        between = [(at, state) for at, state in answered if move.at <= at < end]
        old = [at - move.at for at, state in between if state == move.before]
        assert any(state == move.after for _, state in between), f"{move.name} never became effective"
        found.setdefault(move.name, []).append(max(old, default=0.0))
    return found


def measure(turns: int, pause: float, rate: float) -> dict[str, Any]:
    """Serve, load, move, and look at every answer."""
    with served(turns) as (project, url, models):
        load = Load(url, FIRST.body(), rate, (turns * 4 + 2) * pause + 2)
        moves = make_moves(project, turns, pause)
        requests = load.requests()
    states = [(one.due + one.seconds, state_of(one, models)) for one in requests if one.status == 200]
    times = effective_seconds(moves, states)
    every = [seconds for one in times.values() for seconds in one]
    return {
        "targets": TARGETS,
        "requests/s": rate,
        "moves": len(moves),
        "effective seconds": {
            name: {"p50": round(percentile(one, 0.5), 3), "p99": round(percentile(one, 0.99), 3)}
            for name, one in {**times, "all": every}.items()
        },
        "failed": sum(one.status != 200 for one in requests),
        "mixed": sum(state == "mixed" for _, state in states),
        "latency": latencies(requests),
    }


def main() -> None:
    """Read the command line, measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=25, help="of four moves each")
    parser.add_argument("--pause", type=float, default=1.5, help="seconds between two moves")
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second")
    parser.add_argument("--no-results", action="store_true", help="print only")
    given = parser.parse_args()
    found = measure(given.turns, given.pause, given.rate)
    if not given.no_results:
        write_bytes(RESULTS, (json.dumps(found, indent=2) + "\n").encode())
    for name, seconds in found["effective seconds"].items():
        print(f"{name:<12} effective after p50 {seconds['p50']:.3f} s, p99 {seconds['p99']:.3f} s")
    print(f"{found['moves']} moves: {found['failed']} failed, {found['mixed']} mixed; {found['latency']}")


if __name__ == "__main__":
    main()
