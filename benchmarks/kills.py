"""Kills releases, a hundred times and more, and shows that nothing of it is left: `python -m benchmarks.kills`.

A chain is one release of a small project that is killed again and again, each time further on, until it comes to its
end. Then everything that it left is compared with what an undisturbed release of the same project left.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import random
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.kill_runs import AtSite, AtTime, Kill, Run, Site, run_release
from benchmarks.kill_state import State, check_ledger, complaints, faults, read_state
from tests.fakes.small_project import SmallProject, make_small_project

RESULTS = Path(__file__).with_name("results") / "kills.json"
CALLS = (0, 0, 1, 2, 3, 4, 6, 10)
"""How many calls into C a killed write gets to make; 0 is before it."""
LONGEST_DELAY = 0.05
LONGEST_IN_DATABASE = 0.4
"""Seconds after a write has begun."""
ROLES = ("flow", "worker")
SHARE_AT_TIMES = 0.2
"""How many of the kills come at a random time, and may so fall into a C library's write."""
MOST = 4
"""So many of the eight steps are most of them."""
SOON = 3
"""Of the writes that each step makes, one of so many after the start is chosen, so that the next steps make it."""


@dataclass(frozen=True)
class Undisturbed:
    """A release that nobody killed: the measure for the others."""

    base: SmallProject
    """The project as it was before: copied for each chain."""
    project: SmallProject
    """The copy that was released."""
    state: State
    sites: tuple[Site, ...]
    seconds: float


@dataclass(frozen=True)
class Chain:
    """One release with its kills."""

    kills: tuple[str, ...]
    finished: tuple[dict[str, str], ...]
    """What each run said of the steps that it brought up to date."""
    faults: tuple[str, ...]


def measure_undisturbed(base: SmallProject, folder: Path) -> Undisturbed:
    """Release a copy of `base`, record every write, and read the state at the end."""
    # Once, or each copy would compile its own.
    compileall.compile_dir(base.root, quiet=1)
    project = copy_project(base, folder / "project")
    run = run_release(project, folder)
    assert run.exit_code == 0, run.errors
    return Undisturbed(base, project, read_state(project, folder / "tmp"), run.sites, run.seconds)


def kill_along(undisturbed: Undisturbed, kills: list[Kill], folder: Path, tell: Callable[[str], None]) -> Chain:
    """Release a copy of the project, killed as `kills` say in turn, and then left to come to its end."""
    project = copy_project(undisturbed.base, folder / "project")
    done: list[str] = []
    found: list[str] = []
    runs: list[Run] = []
    for kill in kills:
        if isinstance(kill, AtSite) and runs and 0 < kill.step <= len(runs[-1].finished):
            # It won't come again.
            continue
        run = run_release(project, folder, kill)
        found += faults_of_run(project, run, runs[-1] if runs else None)
        runs.append(run)
        if run.killed:
            done.append(str(kill))
            tell(f"killed {kill}; finished: {' '.join(run.finished) or 'nothing'}")
        elif run.exit_code:
            found.append(f"exit code {run.exit_code} without a kill: {run.errors}")
        if run.exit_code == 0 or not run.killed:
            # It came to its end: before the kill, or because the worker that was killed had nothing to do.
            break
    last = run_release(project, folder)
    found += faults_of_run(project, last, runs[-1] if runs else None)
    if last.exit_code:
        found.append(f"exit code {last.exit_code} at the end: {last.errors}")
    else:
        found += [*faults(read_state(project, folder / "tmp"), undisturbed.state), *complaints(project)]
    return Chain(tuple(done), tuple(run.finished for run in [*runs, last]), tuple(found))


def faults_of_run(project: SmallProject, run: Run, before: Run | None) -> list[str]:
    """Say what is wrong right after a run: a process that stays, a broken ledger, a step that is done again."""
    found = [f"{run.orphans} processes stayed"] if run.orphans else []
    check_ledger(project)
    again = [step for step in (before.finished if before else {}) if run.finished.get(step, "unchanged") != "unchanged"]
    return found + [f"{step} was done again, though the run before had finished it" for step in again]


def plan_kills(undisturbed: Undisturbed, chains: int, a_chain: int, chance: random.Random) -> list[list[Kill]]:
    """Plan `chains` times `a_chain` kills; together they are at as many different sites as there are kills."""
    wanted = chains * a_chain
    sites = _spread(undisturbed.sites, wanted - round(wanted * SHARE_AT_TIMES), chance)
    order = {site: number for number, site in enumerate(undisturbed.sites)}
    steps = _steps_of(undisturbed.sites)
    plans = []
    for number in range(chains):
        # A write of one step comes in its turn; one that most steps make may come in any step.
        own = sorted(sites[number::chains], key=lambda site: order[site])
        kills: list[Kill] = [replace(_at_site(site, chance), step=steps[site]) for site in own if steps[site]]
        for site in own:
            if not steps[site]:
                soon = replace(site, occurrence=chance.randint(1, SOON))
                kills.insert(chance.randint(0, len(kills) // 2), _at_site(soon, chance))
        while len(kills) < a_chain:
            kills.insert(chance.randint(0, len(kills) // 2), _at_time(undisturbed.seconds, chance))
        plans.append(kills)
    return plans


def _steps_of(sites: tuple[Site, ...]) -> dict[Site, int]:
    """Map each write to the number of the step that makes it; 0 for one that most steps make."""
    steps: dict[Site, int] = {}
    makers: dict[tuple[str, str], set[int]] = {}
    step = 0
    for site in sites:
        # A step begins when its lineage does.
        step += site.site.startswith("os.rename /.roadworthy/lineage") and site.site.endswith("START.json")
        steps[site] = step
        makers.setdefault((site.role, site.site), set()).add(step)
    return {site: step if len(makers[site.role, site.site]) < MOST else 0 for site, step in steps.items()}


def _spread(sites: tuple[Site, ...], wanted: int, chance: random.Random) -> list[Site]:
    """Choose `wanted` sites: each kind of write once before any is chosen twice, in a random order."""
    left = chance.sample(sites, len(sites))
    chosen: list[Site] = []
    while left and len(chosen) < wanted:
        kinds: dict[tuple[str, str], Site] = {}
        for site in left:
            # The files of one temporary folder are of one kind.
            kinds.setdefault((site.role, re.sub(r"(/\.tmp-[^/]*/).*", r"\1", site.site)), site)
        chosen += kinds.values()
        taken = set(kinds.values())
        left = [site for site in left if site not in taken]
    return chosen[:wanted]


def _at_site(site: Site, chance: random.Random) -> AtSite:
    # A database is written by C code, long after it was opened.
    in_database = "sqlite3" in site.site
    late = in_database or chance.random() < 0.2
    delay = chance.uniform(0.001, LONGEST_IN_DATABASE if in_database else LONGEST_DELAY) if late else 0.0
    return AtSite(site, chance.choice(CALLS), delay, whole_family=chance.random() < 0.5)


def _at_time(seconds: float, chance: random.Random) -> AtTime:
    # In the first half: what comes late in a release is early in one that goes on where another died.
    return AtTime(chance.uniform(0.2, seconds / 2), chance.choice([None, None, *ROLES]))


def copy_project(project: SmallProject, root: Path) -> SmallProject:
    """Copy the project as it lies there, at the same Git commit."""
    shutil.copytree(project.root, root, symlinks=True)
    environment = {name: value.replace(str(project.root), str(root)) for name, value in project.environment.items()}
    return SmallProject(root, environment)


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


if __name__ == "__main__":
    sys.exit(main())
