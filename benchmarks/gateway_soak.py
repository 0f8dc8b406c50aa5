"""Measures whether the gateway's memory stays flat: constant load for minutes, resident memory looked at every seconds.

`python -m benchmarks.gateway_soak --minutes 30`: `roadworthy serve` with all guards is asked at a constant rate,
questions in turn, answers kept as in production, telemetry written and sealed. The first tenth of the time warms up
and does not count. The slope is the one of least squares; flat means that no sample is further than 5 % from the mean.
"""

from __future__ import annotations

import argparse
import json
import time
from statistics import linear_regression, mean
from typing import Any

from benchmarks.gateway_desk import guarded_desk
from benchmarks.gateway_open_load import Load, latencies
from benchmarks.gateway_process import Running, running_gateway, running_upstream
from benchmarks.gateway_project import CHAT, ROOT, small_project
from roadworthy.atomic import write_bytes

RESULTS = ROOT / "benchmarks" / "results" / "gateway_soak.json"
TARGETS = {"furthest from the mean, %": 5}
EVERY_SECONDS = 5.0
WARM_UP = 0.1
MEGABYTE = 1e6


def sampled(server: Running, seconds: float) -> list[tuple[float, float]]:
    """Return the resident memory in MB at moments, in seconds from now."""
    begun, found = time.monotonic(), []
    while (now := time.monotonic() - begun) < seconds:
        found.append((now, server.resident_bytes / MEGABYTE))
        time.sleep(EVERY_SECONDS)
    return found


def measure(minutes: float, rate: float) -> dict[str, Any]:
    """Load for so long, and look at the memory meanwhile."""
    desk, seconds = guarded_desk(), minutes * 60
    with small_project() as project, running_upstream() as upstream:
        project.put_in_production(desk, f"{upstream.url}/v1")
        with running_gateway(project) as gateway:
            # So that answers are kept and given again, and others asked anew.
            bodies = [desk.body(f"What is the monthly fee of account number {number}?") for number in range(500)]
            load = Load(f"{gateway.url}{CHAT}", b"\n".join(bodies), rate, seconds)
            samples = sampled(gateway, seconds)
            requests = load.requests()
    return {
        "targets": TARGETS,
        "minutes": minutes,
        "requests/s": rate,
        **summary(samples),
        "latency": latencies(requests),
    }


def summary(samples: list[tuple[float, float]]) -> dict[str, Any]:
    """Return what the samples after the warm-up say."""
    counted = samples[int(len(samples) * WARM_UP) :]
    times, sizes = [at for at, _ in counted], [size for _, size in counted]
    middle = mean(sizes)
    return {
        "resident MB": round(middle, 1),
        "furthest from the mean, %": round(max(abs(size - middle) for size in sizes) / middle * 100, 2),
        "slope, MB an hour": round(linear_regression(times, sizes).slope * 3600, 2),
        "samples MB": [round(size, 1) for _, size in samples],
    }


def main() -> None:
    """Read the command line, measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second")
    parser.add_argument("--no-results", action="store_true", help="print only")
    given = parser.parse_args()
    found = measure(given.minutes, given.rate)
    if not given.no_results:
        write_bytes(RESULTS, (json.dumps(found, indent=2) + "\n").encode())
    for name in ("resident MB", "furthest from the mean, %", "slope, MB an hour", "latency"):
        print(f"{name}: {found[name]}")


if __name__ == "__main__":
    main()
