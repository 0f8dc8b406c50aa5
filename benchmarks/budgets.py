"""Measures budgets: 64 clients make 10,000 calls against one budget that does not suffice for all of them.

`python -m benchmarks.budgets [--calls N] [--only KIND]`: for memory, kept (SQLite) and redis (Valkey, each write on the
disk before it is answered) it reports overspend (what calls truly cost beyond the limit; has to be 0), stranded (what
part of the limit nobody could spend at the end), and calls per second beside the same clients raising a bare counter in
the same backend twice a call. One client of 64 has a process of its own that dies by SIGKILL between a reservation and
its settlement. `redis, killed` is the same with the server killed in the middle and started again a second later.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from roadworthy.canonical import readable_json

CLIENTS, PROCESSES = 64, 4
NANO = Decimal(10**9)
MEAN_COST, WORST_COST = Decimal("0.0006"), Decimal("0.001")
ENOUGH_FOR = Decimal("0.8")
"""Of the calls, at their mean cost: the budget runs out before the calls do."""
RESULTS = Path(__file__).resolve().parent / "results" / "budgets.json"
REPOSITORY = Path(__file__).resolve().parent.parent
OUTAGE_SECONDS = 1.0


@dataclass(frozen=True)
class Group:
    """A process of clients."""

    clients: int
    calls: int
    dies: bool = False


def groups_of(kind: str, calls: int) -> list[Group]:
    """Return the processes: one for memory, which nobody shares; else four, and the client that dies."""
    each = calls // CLIENTS
    if kind.endswith("memory"):
        return [Group(CLIENTS, each * CLIENTS)]
    living = CLIENTS - 1
    sizes = [living // PROCESSES + (number < living % PROCESSES) for number in range(PROCESSES)]
    groups = [Group(size, each * size) for size in sizes]
    return [*groups, Group(1, each, dies=not kind.startswith("bare-"))]


def spend(
    kind: str, place: str, limit: str, calls: int, meanwhile: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Let all clients run at once; return the sums of what they did, and the whole time."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.budget_clients", kind, place, limit]
            + [str(each) for each in (group.clients, group.calls, number, int(group.dies))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        for number, group in enumerate(groups_of(kind, calls))
    ]
    for process in processes:
        assert process.stdout and process.stdout.readline() == "ready\n"
    started = time.perf_counter()
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    meanwhile()
    said = [json.loads(process.communicate()[0]) for process in processes]
    total = {name: sum(each[name] for each in said) for name in said[0]}
    return total | {"seconds": time.perf_counter() - started}


def judged(spent: dict[str, Any], limit: Decimal) -> dict[str, Any]:
    """Return the figures of one run."""
    truly = Decimal(spent["nanos"]) / NANO
    return {
        "calls": spent["calls"],
        "refused": spent["refused"],
        "while down": spent["down"],
        "overspend": float(max(truly - limit, Decimal(0))),
        "stranded share": round(float((limit - truly) / limit), 5),
        "calls per second": round(spent["calls"] / spent["seconds"]),
    }


def measured(kind: str, place: str, calls: int) -> dict[str, Any]:
    """Measure one kind beside its bare backend."""
    limit = (calls * MEAN_COST * ENOUGH_FOR).quantize(Decimal("0.0001"))
    figures = judged(spend(kind, place, f"{limit}USD/month", calls), limit)
    bare = spend(f"bare-{kind}", f"{place}.bare" if kind == "kept" else place, "1USD/month", calls)
    bare_rate = bare["calls"] / bare["seconds"]
    ratio = figures["calls per second"] / bare_rate
    return figures | {"bare counter, calls per second": round(bare_rate), "of the bare counter": round(ratio, 3)}


def killed_redis(server: Any, calls: int) -> dict[str, Any]:
    """Measure with the server killed when a third is spent, and started again."""
    from redis import Redis

    limit = (calls * MEAN_COST * ENOUGH_FOR).quantize(Decimal("0.0001"))

    def kill() -> None:
        redis = Redis.from_url(server.url)
        key = f"roadworthy:budget:tenant:benchmark:USD:month:{datetime.now(UTC):%Y-%m-01T00}"
        while Decimal(int(redis.hget(key, "total") or 0)) / NANO < limit / 3:
            time.sleep(0.01)
        server.kill()
        time.sleep(OUTAGE_SECONDS)
        server.start()

    return judged(spend("redis", server.url, f"{limit}USD/month", calls, kill), limit)


def main() -> None:
    """Measure, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--only", choices=["memory", "kept", "redis", "redis, killed"])
    arguments = parser.parse_args()
    sys.path.insert(0, str(REPOSITORY / "tests"))
    from servers.valkey import running_valkey

    figures: dict[str, Any] = {"clients": CLIENTS, "calls": arguments.calls}
    wanted = [arguments.only] if arguments.only else ["memory", "kept", "redis", "redis, killed"]
    for kind in wanted:
        with TemporaryDirectory() as folder:
            if kind.startswith("redis"):
                with running_valkey(Path(folder)) as server:
                    killed = kind == "redis, killed"
                    figures[kind] = (
                        killed_redis(server, arguments.calls) if killed else measured(kind, server.url, arguments.calls)
                    )
            else:
                figures[kind] = measured(kind, str(Path(folder) / "budgets.sqlite"), arguments.calls)
        print(kind, figures[kind], flush=True)
    if not arguments.only:
        RESULTS.write_bytes(readable_json(figures))


if __name__ == "__main__":
    main()
