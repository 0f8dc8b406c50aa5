"""Incidents to inject into a world: for each kind of drift some ways to go wrong, of random size and place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from benchmarks.drift_worlds import ANSWER, CARRIERS, DOCUMENTS, PROBES, TOOLS, TOPICS, State, World
from roadworthy.drift.kinds.interface import DriftKind

Random = np.random.Generator


@dataclass(frozen=True)
class Incident:
    """What was done, and whom to accuse; a topic is told by its number in the world."""

    kind: DriftKind
    what: str
    culprit: str
    state: State
    topic: int | None = None


Way = Callable[[World, State, Random], tuple[str, int | None]]
"""Changes the state, and returns the culprit's name, and its topic if it is one."""


def inject(kind: DriftKind, number: int, world: World, random: Random) -> Incident:
    """Return an incident of this kind; the ways take turns."""
    state = deepcopy(world.state)
    ways: Sequence[Way] = WAYS[kind]
    way = ways[number % len(ways)]
    culprit, topic = way(world, state, random)
    return Incident(kind, way.__name__.replace("_", " "), culprit, state, topic)


def mean_moves(world: World, state: State, random: Random) -> tuple[str, None]:
    """A number's mean moves by .6 to 1.5 standard deviations."""
    at = int(random.integers(len(state.shift)))
    state.shift[at] = random.choice([-1, 1]) * random.uniform(0.6, 1.5)
    return f"number {at}", None


def values_are_missing(world: World, state: State, random: Random) -> tuple[str, None]:
    """10 to 40 % of a number's values are missing."""
    at = int(random.integers(len(state.missing)))
    state.missing[at] += random.uniform(0.1, 0.4)
    return f"number {at}", None


def category_is_new(world: World, state: State, random: Random) -> tuple[str, None]:
    """A new category has 5 to 20 %."""
    at = int(random.integers(len(state.new_category)))
    state.new_category[at] = random.uniform(0.05, 0.2)
    return f"set {at}", None


def one_segment_is_late(world: World, state: State, random: Random) -> tuple[str, None]:
    """The log-odds of one segment's label move by 1.2 to 2.5."""
    at = int(random.integers(CARRIERS))
    state.label[at] = random.choice([-1, 1]) * random.uniform(1.2, 2.5)
    return f"carrier=C{at}", None


def all_are_late(world: World, state: State, random: Random) -> tuple[str, None]:
    """The log-odds of all labels move by 1 to 2."""
    state.label += random.choice([-1, 1]) * random.uniform(1.0, 2.0)
    return "label", None


def topic_is_asked_more(world: World, state: State, random: Random) -> tuple[str, int]:
    """A topic is asked about 3 to 6 times as much."""
    at = int(random.integers(TOPICS))
    state.weights[at] = random.uniform(3, 6)
    return "", at


def topic_is_asked_no_more(world: World, state: State, random: Random) -> tuple[str, int]:
    """Nobody asks about a topic any more, one with at least an eighth of the questions."""
    at = int(random.choice(np.flatnonzero(world.popularity >= 1 / TOPICS)))
    state.weights[at] = 0.0
    return "", at


def topic_is_new(world: World, state: State, random: Random) -> tuple[str, int]:
    """A topic that was not there before has 15 to 40 % of the questions."""
    share = random.uniform(0.15, 0.4)
    state.weights[TOPICS] = 1 + share / (1 - share)
    return "", TOPICS


def topic_is_asked_otherwise(world: World, state: State, random: Random) -> tuple[str, int]:
    """Questions about a topic, one with at least an eighth of them, move halfway to something else."""
    at = int(random.choice(np.flatnonzero(world.popularity >= 1 / TOPICS)))
    state.moved = world.centres.copy()
    state.moved[at] = _unit(
        world.centres[at] + random.uniform(0.7, 1.2) * _unit(random.normal(size=len(state.moved[at])))
    )
    return "", at


def release_brings_a_template(world: World, state: State, random: Random) -> tuple[str, None]:
    """A new release with another template has 10 to 100 % of the requests."""
    state.releases[4] = (random.uniform(0.1, 1.0), "template-b", "b-instructions")
    return "4", None


def template_changes_without_a_release(world: World, state: State, random: Random) -> tuple[str, None]:
    """The live release runs another template."""
    state.template, state.instructions = "template-x", "x-instructions"
    return ANSWER, None


def instructions_change(world: World, state: State, random: Random) -> tuple[str, None]:
    """The template is the same, and what is filled in is not."""
    state.instructions = "x-instructions"
    return ANSWER, None


def prompts_grow(world: World, state: State, random: Random) -> tuple[str, None]:
    """Prompts are 1.3 to 2 times as long."""
    state.longer = random.uniform(1.3, 2.0)
    return ANSWER, None


def tool_fails(world: World, state: State, random: Random) -> tuple[str, None]:
    """20 to 60 % of a tool's calls fail."""
    at = _used_tool(world, random)
    state.tool_failures[at] = random.uniform(0.2, 0.6)
    return f"tool {at}", None


def field_has_another_name(world: World, state: State, random: Random) -> tuple[str, None]:
    """20 to 100 % of a tool's outputs have a field of another name."""
    at = _used_tool(world, random)
    state.renamed[at] = random.uniform(0.2, 1.0)
    return f"tool {at}", None


def amounts_are_in_cents(world: World, state: State, random: Random) -> tuple[str, None]:
    """A tool's amounts are a hundred times what they were."""
    at = _used_tool(world, random)
    state.scale[at] = 100.0
    return f"tool {at}", None


def document_is_deleted(world: World, state: State, random: Random) -> tuple[str, None]:
    """A document is no more that a tenth of the pinned questions found."""
    found = np.array([world.answered_by(f"document {at}") for at in range(DOCUMENTS)])
    at = int(random.choice(np.flatnonzero(found >= PROBES // 10)))
    del state.versions[f"document {at}"]
    return f"document {at}", None


def document_is_rewritten(world: World, state: State, random: Random) -> tuple[str, None]:
    """A document changes so that it answers far more."""
    at = int(random.integers(DOCUMENTS))
    state.versions[f"document {at}"] = "v2"
    state.boost[at] += random.uniform(0.4, 1.0)
    return f"document {at}", None


def document_is_new(world: World, state: State, random: Random) -> tuple[str, None]:
    """A new document answers everything."""
    state.versions[f"document {DOCUMENTS}"] = "v1"
    state.boost[DOCUMENTS] = random.uniform(0.3, 0.6)
    return f"document {DOCUMENTS}", None


def embedder_changes(world: World, state: State, random: Random) -> tuple[str, None]:
    """The documents are as they were, and their order is not."""
    state.index, state.noise = "index-b", random.uniform(0.4, 0.8)
    return "index", None


def _used_tool(world: World, random: Random) -> int:
    """Return a tool with a tenth of the calls at least."""
    return int(random.choice(np.flatnonzero(world.tool_shares >= 1 / (2 * TOOLS))))


def _unit(row: np.ndarray) -> np.ndarray:
    return row / np.linalg.norm(row)


WAYS: Mapping[DriftKind, Sequence[Way]] = {
    DriftKind.FEATURES: (mean_moves, values_are_missing, category_is_new),
    DriftKind.LABELS: (one_segment_is_late, all_are_late),
    DriftKind.TOPICS: (topic_is_asked_more, topic_is_asked_no_more, topic_is_new, topic_is_asked_otherwise),
    DriftKind.PROMPTS: (
        release_brings_a_template, template_changes_without_a_release, instructions_change, prompts_grow,
    ),
    DriftKind.TOOLS: (tool_fails, field_has_another_name, amounts_are_in_cents),
    DriftKind.RETRIEVAL: (document_is_deleted, document_is_rewritten, document_is_new, embedder_changes),
}  # fmt: skip
