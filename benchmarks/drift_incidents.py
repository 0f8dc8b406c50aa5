"""600 injected incidents over the six kinds of drift: is the right kind found first, and the right culprit?

`python -m benchmarks.drift_incidents`: twenty worlds with a reference of 42 nights each; into the next night of each
30 incidents are injected, one at a time, five of every kind. All six watches judge every night. Beside them stand
nights without an incident, and who is accused when whatever changed most comes first, without asking what follows from
what.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.drift_injections import Incident, inject
from benchmarks.drift_worlds import TOPICS, World, WorldNight
from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.kinds.attribution import Attribution, attribute
from roadworthy.drift.kinds.counting import count, learn_baseline
from roadworthy.drift.kinds.features import FeatureNight, FeatureWatch
from roadworthy.drift.kinds.interface import DriftKind, KindVerdict, State
from roadworthy.drift.kinds.judging import split
from roadworthy.drift.kinds.labels import LabelWatch
from roadworthy.drift.kinds.prompts import PromptWatch
from roadworthy.drift.kinds.retrieval import RetrievalWatch
from roadworthy.drift.kinds.tool_outputs import ToolWatch
from roadworthy.drift.kinds.topics import TopicWatch

RESULTS = Path(__file__).resolve().parent / "results" / "drift_incidents.json"
REFERENCE, EACH = 42, 5
POLICY = split(AlarmPolicy(), len(DriftKind))
_FEWEST_OF_TOPIC = 0.2


@dataclass(frozen=True)
class Watches:
    """All six, that have learned one reference."""

    features: FeatureWatch
    labels: LabelWatch
    topics: TopicWatch
    prompts: PromptWatch
    tools: ToolWatch
    retrieval: RetrievalWatch

    @classmethod
    def learned_from(cls, nights: Sequence[WorldNight]) -> Watches:
        """Learn from a reference."""
        return cls(
            FeatureWatch(learn_baseline([one.features for one in nights])),
            LabelWatch.learned_from([one.labels for one in nights]),
            TopicWatch.learned_from([one.topics for one in nights], TOPICS),
            PromptWatch.learned_from([one.prompts for one in nights]),
            ToolWatch.learned_from([one.tools for one in nights]),
            RetrievalWatch.learned_from([one.retrieval for one in nights]),
        )

    def judge(self, night: WorldNight) -> tuple[KindVerdict, ...]:
        """Return what each of them says."""
        assert self.features.baseline is not None
        features = FeatureNight(count(night.features, self.features.baseline.layout))
        return (
            self.features.judge(features, POLICY),
            self.labels.judge(night.labels, POLICY),
            self.topics.judge(night.topics, POLICY),
            self.prompts.judge(night.prompts, POLICY),
            self.tools.judge(night.tools, POLICY),
            self.retrieval.judge(night.retrieval, POLICY),
        )


@dataclass(frozen=True)
class Outcome:
    """What became of one incident."""

    incident: Incident
    found: Attribution
    right_kind: bool
    right_culprit: bool
    naive: DriftKind | None
    """The kind whose effect was largest."""


def examine(world: World, watches: Watches, incident: Incident) -> Outcome:
    """Inject an incident and see who is accused."""
    verdicts = watches.judge(world.draw(incident.state))
    found = attribute(verdicts)
    right = found.kind is incident.kind
    culprit = found.culprit.name if found.culprit else ""
    drifting = [one for one in verdicts if one.state is State.DRIFT]
    naive = max(drifting, key=lambda one: one.effect).kind if drifting else None
    return Outcome(incident, found, right, right and culprit in _culprits(incident, world, watches), naive)


def _culprits(incident: Incident, world: World, watches: Watches) -> set[str]:
    """Return the names of the culprit: those learned topics that hold its questions, for a topic."""
    if incident.topic is None or watches.topics.model is None:
        return {incident.culprit}
    questions = world.questions_about(incident.topic, incident.state)
    before = world.questions_about(incident.topic, world.state)
    names = set()
    for some in (questions, before):
        places, _ = watches.topics.model.nearest(some)
        names |= {int(at) for at in np.flatnonzero(np.bincount(places) >= _FEWEST_OF_TOPIC * len(some))}
    return {watches.topics.model.names[at] for at in names}


def simulate(worlds: int, quiet: int) -> tuple[list[Outcome], Counter[str], int]:
    """Return the outcomes, and of the nights without an incident the kinds that raised an alarm, and their number."""
    outcomes: list[Outcome] = []
    false, nights = Counter[str](), 0
    for seed in range(worlds):
        world = World(seed)
        watches, random = Watches.learned_from(world.reference(REFERENCE)), np.random.default_rng(1000 + seed)
        for kind in DriftKind:
            for at in range(EACH):
                outcomes.append(examine(world, watches, inject(kind, seed * EACH + at, world, random)))
        for _ in range(quiet):
            raised = [one.kind.value for one in watches.judge(world.draw(world.state)) if one.state is State.DRIFT]
            false.update([*raised, *(["night"] if raised else [])])
            nights += 1
    return outcomes, false, nights


def figures_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the shares of what was right, by kind and by what was done."""
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    by_way: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        by_kind[one.incident.kind.value].append(one)
        by_way[f"{one.incident.kind.value}: {one.incident.what}"].append(one)
    return {
        "all": _shares(outcomes),
        "by kind": {name: _shares(some) for name, some in by_kind.items()},
        "by incident": {name: _shares(some) for name, some in sorted(by_way.items())},
    }


def _shares(some: Sequence[Outcome]) -> dict[str, Any]:
    accused = Counter(str(one.found.kind or "none") for one in some if not one.right_kind)
    return {
        "incidents": len(some),
        "right kind": round(mean(one.right_kind for one in some), 4),
        "right culprit first": round(mean(one.right_culprit for one in some), 4),
        "right kind by the largest effect alone": round(mean(one.naive is one.incident.kind for one in some), 4),
        "other kinds accused": dict(sorted(accused.items())),
    }


def main() -> None:
    """Simulate, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=20, help="each has 30 incidents")
    parser.add_argument("--quiet", type=int, default=50, help="nights without an incident in each world")
    parser.add_argument("--no-results", action="store_true", help="print only")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where figures are kept")
    given = parser.parse_args()
    begun = perf_counter()
    outcomes, false, nights = simulate(given.worlds, given.quiet)
    figures = figures_of(outcomes)
    figures["nights without an incident"] = {"nights": nights, "false alarms": dict(sorted(false.items()))}
    figures |= {"reference nights": REFERENCE, "seconds": round(perf_counter() - begun, 1)}
    figures["target"] = {"right kind": 0.95, "right culprit first": 0.9}
    text = readable_json(figures)
    if not given.no_results:
        write_bytes(given.results, text)
    print(text.decode())


if __name__ == "__main__":
    main()
