"""Plans at which writes and at which times the releases of `benchmarks.kills` are killed."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from benchmarks.kill_chain import Undisturbed
from benchmarks.kill_runs import AtSite, AtTime, Kill, Site

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
