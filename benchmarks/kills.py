"""Kills releases, a hundred times and more, and shows that nothing of it is left: `python -m benchmarks.kills`."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.kill_chain import Chain, Undisturbed, kill_along, measure_undisturbed
from benchmarks.kill_plan import plan_kills
from tests.fakes.small_project import make_small_project

RESULTS = Path(__file__).with_name("results") / "kills.json"


@contextmanager
def prefect_server(folder: Path) -> Iterator[str]:
    """Yield the address of a Prefect server's API; the server ends with the block."""
    from tasks.prefect_server import LOOPBACK, await_prefect, free_port, start_server

    port = free_port(0)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)]
    quiet = {"PREFECT_HOME": str(folder), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    server = start_server(command, folder, port, quiet)
    try:
        await_prefect(server)
        yield f"{server.url}/api"
    finally:
        os.killpg(server.process, 9)


def main() -> int:
    """Kill as often as asked for, print what came of it, write it to benchmarks/results/; 1 when there were faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--a-chain", type=int, default=12, help="kills of one release")
    asked = parser.parse_args()
    start = time.monotonic()
    with TemporaryDirectory() as scratch, prefect_server(Path(scratch, "prefect")) as url:
        undisturbed = measure_undisturbed(make_small_project(Path(scratch, "base"), url), Path(scratch, "undisturbed"))
        print(f"undisturbed: {undisturbed.seconds:.1f} s, {len(undisturbed.sites)} writes", flush=True)
        chains = list(_chains(undisturbed, asked.kills, asked.a_chain, asked.seed, Path(scratch)))
    return _report(undisturbed, chains, asked.seed, time.monotonic() - start)


def _chains(undisturbed: Undisturbed, wanted: int, a_chain: int, seed: int, scratch: Path) -> Iterator[Chain]:
    """Make chains until there were `wanted` kills: a release may come to its end before the last one of its plan."""
    chance = random.Random(seed)  # noqa: S311  (not for secrets)
    kills = number = 0
    while kills < wanted:
        for plan in plan_kills(undisturbed, -(-(wanted - kills) // a_chain), a_chain, chance):
            number += 1
            chain = kill_along(undisturbed, plan, scratch / f"chain-{number}", lambda text: print(f"  {text}"))
            kills += len(chain.kills)
            print(f"chain {number}: {kills} kills so far; {'; '.join(chain.faults) or 'no faults'}", flush=True)
            shutil.rmtree(scratch / f"chain-{number}")
            yield chain


def _report(undisturbed: Undisturbed, chains: list[Chain], seed: int, seconds: float) -> int:
    kills = [kill for chain in chains for kill in chain.kills]
    found = [fault for chain in chains for fault in chain.faults]
    report = {
        "kills": len(kills),
        "seed": seed,
        "releases": len(chains),
        "runs": sum(len(chain.finished) for chain in chains),
        "faults": len(found),
        "seconds": round(seconds),
        "writes_of_an_undisturbed_release": len(undisturbed.sites),
        "kinds_of_writes": len(Counter((site.role, site.site) for site in undisturbed.sites)),
        "chains": [asdict(chain) for chain in chains],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(
        f"{len(kills)} kills in {len(chains)} releases, {report['runs']} runs, {seconds / 60:.0f} minutes:"
        f" {len(found)} faults; each release ended as the undisturbed one did."
        if not found
        else f"{len(kills)} kills: {len(found)} faults"
    )
    return 1 if found else 0
