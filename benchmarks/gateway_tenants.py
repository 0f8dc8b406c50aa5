"""Measures what one noisy tenant costs the others, through the real gateway: at ten times its capacity, or silent.

`python -m benchmarks.gateway_tenants`: the upstream takes 200 ms for each answer, and the gateway lets eight requests
work at once, so that its capacity is 40 requests a second, and places are what tenants share, not the processor. Three
quiet tenants ask five times a second each, with keys of their own. The noisy one asks 400 times a second, with a key
that has no limit of its own; what does not fit into its queue is refused. Quiet and noisy times alternate.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.gateway_desk import Desk
from benchmarks.gateway_open_load import Load, Request, latencies
from benchmarks.gateway_process import running_gateway, running_upstream
from benchmarks.gateway_project import CHAT, ROOT, small_project
from roadworthy.atomic import write_bytes

RESULTS = ROOT / "benchmarks" / "results" / "gateway_tenants.json"
TARGETS = {"p99 beside the noisy tenant / quiet p99, at most": 2, "errors of the others": 0}
PAUSE_SECONDS, AT_WORK, TENANTS, QUIET_RATE = 0.2, 8, 3, 5.0
CAPACITY = AT_WORK / PAUSE_SECONDS
NOISY = "noisy"


@contextmanager
def served() -> Iterator[tuple[str, dict[str, str]]]:
    """Serve; yield the address, and each tenant's key."""
    desk = Desk()
    with small_project() as project, running_upstream("--pause", str(PAUSE_SECONDS)) as upstream:
        project.put_in_production(desk, f"{upstream.url}/v1")
        names = [NOISY, *(f"quiet-{number}" for number in range(TENANTS))]
        keys = {name: project.create_key(name, rate=None, concurrency=AT_WORK) for name in names}
        with running_gateway(project, kept_answer_seconds=0, at_work=AT_WORK) as gateway:
            yield f"{gateway.url}{CHAT}", keys


def others(url: str, keys: dict[str, str], seconds: float, noise: float) -> tuple[list[Request], list[Request]]:
    """Return what the quiet tenants saw, and what the noisy one saw, with so much noise."""
    # The noise begins before them and ends after them.
    noisy = Load(url, Desk().body(), noise, seconds + 4, keys[NOISY]) if noise else None
    quiet = [Load(url, Desk().body(), QUIET_RATE, seconds, key) for name, key in keys.items() if name != NOISY]
    seen = [request for load in quiet for request in load.requests()]
    return seen, noisy.requests() if noisy else []


def measure(rounds: int, seconds: float, noise: float) -> dict[str, Any]:
    """Measure quiet and noisy times in turn."""
    found = []
    with served() as (url, keys):
        others(url, keys, 1.0, 0)
        for _ in range(rounds):
            quiet, _ = others(url, keys, seconds, 0)
            beside, noisy = others(url, keys, seconds, noise)
            found.append({"quiet": latencies(quiet), "beside": latencies(beside), "noisy": latencies(noisy)})
    return {
        "targets": TARGETS,
        "capacity requests/s": CAPACITY,
        "noise requests/s": noise,
        "quiet requests/s": QUIET_RATE * TENANTS,
        "p99 ratio": round(median(one["beside"]["p99 ms"] / one["quiet"]["p99 ms"] for one in found), 2),
        "errors of the others": sum(
            sum(one[when]["others by status"].values()) for one in found for when in ("quiet", "beside")
        ),
        "rounds": found,
    }


def main() -> None:
    """Read the command line, measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each quiet and each noisy time")
    parser.add_argument("--noise", type=float, default=10 * CAPACITY, help="requests a second of the noisy tenant")
    parser.add_argument("--no-results", action="store_true", help="print only")
    given = parser.parse_args()
    found = measure(given.rounds, given.seconds, given.noise)
    if not given.no_results:
        write_bytes(RESULTS, (json.dumps(found, indent=2) + "\n").encode())
    for number, one in enumerate(found["rounds"], start=1):
        for name in ("quiet", "beside", "noisy"):
            print(f"round {number}, {name:<8} {one[name]}")
    print(f"p99 ratio {found['p99 ratio']}, errors of the others {found['errors of the others']}")


if __name__ == "__main__":
    main()
