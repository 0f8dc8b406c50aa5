"""Simulated worlds: a model and an assistant with nights of all six kinds of observations, which hang together.

What is asked decides what is found, which tools are called and how long prompts are; features decide labels. Nights
have effects that all of a night's rows share, and documents change a little by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from roadworthy.drift.kinds.counting import Counted
from roadworthy.drift.kinds.labels import LabelCohort
from roadworthy.drift.kinds.prompts import Prompted, PromptNight
from roadworthy.drift.kinds.retrieval import Found, RetrievalNight
from roadworthy.drift.kinds.tool_outputs import ToolNight, ToolOutput
from roadworthy.drift.kinds.topics import TopicNight

Floats = NDArray[np.float64]
TOPICS, TOOLS, DOCUMENTS, PROBES, CARRIERS, WIDTH, FOUND = 8, 5, 60, 40, 8, 48, 5
ANSWER, WORD = "assistant/answer", "assistant/word"
_NUMBERS, _SETS = 8, 4
_EDITS = 0.3
_FIRST = date(2026, 1, 1)


@dataclass
class State:
    """What an incident changes."""

    shift: Floats = field(default_factory=lambda: np.zeros(_NUMBERS))
    missing: Floats = field(default_factory=lambda: np.full(_NUMBERS, 0.02))
    new_category: Floats = field(default_factory=lambda: np.zeros(_SETS))
    label: Floats = field(default_factory=lambda: np.zeros(CARRIERS))
    """Log-odds of the label, by segment."""
    weights: Floats = field(default_factory=lambda: np.ones(TOPICS + 1))
    """Of topics; the last one is new."""
    moved: Floats | None = None
    """Centres of topics."""
    releases: dict[int, tuple[float, str, str]] = field(default_factory=dict)
    """By number: share, template and instructions of ANSWER."""
    template: str = "template-a"
    instructions: str = "a-instructions"
    longer: float = 1.0
    tool_failures: Floats = field(default_factory=lambda: np.full(TOOLS, 0.02))
    scale: Floats = field(default_factory=lambda: np.ones(TOOLS))
    """Of the amounts that tools return."""
    renamed: Floats = field(default_factory=lambda: np.zeros(TOOLS))
    """The share of outputs with a field of another name."""
    boost: Floats = field(default_factory=lambda: np.zeros(DOCUMENTS + 1))
    """Of each document's score; the last one is new."""
    versions: dict[str, str] = field(default_factory=lambda: {f"document {one}": "v1" for one in range(DOCUMENTS)})
    index: str = "index-a"
    noise: float = 0.0
    """Another embedder: scores are of another kind."""


@dataclass(frozen=True)
class WorldNight:
    """One night, as each kind sees it."""

    features: Counted
    labels: LabelCohort
    topics: TopicNight
    prompts: PromptNight
    tools: ToolNight
    retrieval: RetrievalNight


class World:
    """Draws nights one after the other; what is the same in all of them comes from the seed."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.centres = _unit(self.random.normal(size=(TOPICS + 1, WIDTH)))
        self.popularity = self.random.dirichlet(np.full(TOPICS, 5.0))
        self._about = _unit(self.centres[np.arange(DOCUMENTS) % TOPICS] + 0.08 * self._normal((DOCUMENTS, WIDTH)))
        self._new = _unit(self.centres[:TOPICS].mean(axis=0, keepdims=True))
        self._probes = self._questions(np.arange(PROBES) % TOPICS, self.centres)
        self._other = self._normal((WIDTH, WIDTH)) / np.sqrt(WIDTH)
        self._segments = self.random.normal(0, 0.3, size=CARRIERS)
        self._likes = self.random.dirichlet(np.full(TOOLS, 1.0), size=TOPICS + 1)
        self._mood = np.zeros(TOPICS)
        self.state = State()
        """What it is like without an incident."""
        self._day = _FIRST

    def reference(self, nights: int) -> list[WorldNight]:
        """Draw the nights of a reference, in which documents are edited a little now and then."""
        found = []
        for _ in range(nights):
            if self.random.random() < _EDITS:
                at = int(self.random.integers(DOCUMENTS))
                self.state.versions[f"document {at}"] += "+"
                self.state.boost[at] += self.random.normal(0, 0.005)
            found.append(self.draw(self.state))
        return found

    def draw(self, state: State) -> WorldNight:
        """Draw the next night."""
        self._day += timedelta(days=1)
        self._mood = 0.6 * self._mood + self.random.normal(0, 0.08, size=TOPICS)
        features, labels = self._model_night(state)
        requests = int(np.exp(self.random.uniform(np.log(500), np.log(2000))))
        weights = state.weights * np.append(self.popularity * np.exp(self._mood), 1.0)
        weights[TOPICS] = weights[:TOPICS].sum() * (state.weights[TOPICS] - 1)
        asked = self.random.choice(TOPICS + 1, requests, p=weights / weights.sum())
        questions = self._questions(asked, self.centres if state.moved is None else state.moved)
        live = self._search(questions, state)
        tools = [self._call(int(topic), state) for topic in asked[self.random.random(requests) < 0.4]]
        return WorldNight(
            features,
            labels,
            TopicNight(self._day, questions),
            PromptNight(self._day, [*self._answers(asked, state), *(self._worded(one) for one in tools if one.schema)]),
            ToolNight(self._day, tools),
            RetrievalNight(
                self._day,
                {f"probe {at}": one for at, one in enumerate(self._search(self._probes, state))},
                live,
                dict(state.versions),
                state.index,
            ),
        )

    @property
    def tool_shares(self) -> Floats:
        """The share of calls of each tool."""
        found: Floats = self.popularity @ self._likes[:TOPICS]
        return found

    def answered_by(self, document: str) -> int:
        """Return how many pinned questions find a document."""
        return sum(document in {one.document for one in some} for some in self._search(self._probes, self.state))

    def questions_about(self, topic: int, state: State) -> Floats:
        """Draw 200 questions about a topic."""
        return self._questions(np.full(200, topic), self.centres if state.moved is None else state.moved)

    def _model_night(self, state: State) -> tuple[Counted, LabelCohort]:
        rows = int(np.exp(self.random.uniform(np.log(1500), np.log(4000))))
        numbers = self._normal((rows, _NUMBERS)) + self.random.normal(0, 0.05, size=_NUMBERS) + state.shift
        carrier = self.random.integers(0, CARRIERS, size=rows)
        odds = -0.5 + 0.9 * numbers[:, 0] + (self._segments + state.label)[carrier] + self.random.normal(0, 0.05)
        labels = np.where(self.random.random(rows) < 1 / (1 + np.exp(-odds)), "late", "on time").tolist()
        gaps = self.random.random((rows, _NUMBERS)) < state.missing
        values = np.where(gaps, np.nan, numbers)
        texts = {f"set {at}": self._set(rows, at, float(state.new_category[at])) for at in range(_SETS)}
        features = Counted(self._day, rows, {f"number {at}": values[:, at] for at in range(_NUMBERS)}, texts)
        return features, LabelCohort(self._day, labels, {"carrier": [f"C{one}" for one in carrier]})

    def _set(self, rows: int, place: int, new: float) -> list[str]:
        kinds = 4 + 3 * place
        chances = (1 - new) * np.append(np.full(kinds, 1 / kinds), 0.0) + np.append(np.zeros(kinds), new)
        found: list[str] = np.char.add("v", self.random.choice(kinds + 1, rows, p=chances).astype(str)).tolist()
        return found

    def _questions(self, topics: NDArray[np.integer], centres: Floats) -> Floats:
        return _unit(centres[topics] + 0.1 * self._normal((len(topics), WIDTH)))

    def _search(self, questions: Floats, state: State) -> list[list[Found]]:
        documents = np.concatenate([self._about, self._new])
        scores = questions @ documents.T + state.boost
        if state.noise:
            scores = (1 - state.noise) * scores + state.noise * (questions @ self._other @ documents.T)
        known = [f"document {at}" in state.versions for at in range(DOCUMENTS + 1)]
        scores = np.where(known, scores, -np.inf)
        best = np.argsort(-scores, axis=1)[:, :FOUND]
        return [[Found(f"document {at}", float(scores[row, at])) for at in some] for row, some in enumerate(best)]

    def _answers(self, asked: NDArray[np.integer], state: State) -> list[Prompted]:
        lengths = state.longer * np.exp(7 + 0.05 * (asked % 3) + self.random.normal(0, 0.2, size=len(asked)))
        chance = self.random.random(len(asked))
        found = []
        for length, drawn in zip(lengths, chance, strict=True):
            release, template, instructions = 3, state.template, state.instructions
            for number, (share, other, told) in state.releases.items():
                if drawn < share:
                    release, template, instructions = number, other, told
            found.append(Prompted(ANSWER, template, instructions, float(length), release))
        return found

    def _worded(self, output: ToolOutput) -> Prompted:
        return Prompted(WORD, "template-w", "instructions-w", 400 + output.length, 3)

    def _call(self, topic: int, state: State) -> ToolOutput:
        tool = int(self.random.choice(TOOLS, p=self._likes[topic]))
        name = f"tool {tool}"
        if self.random.random() < state.tool_failures[tool]:
            return ToolOutput(name, "failed")
        amount = float(np.exp(self.random.normal(4, 0.7)) * state.scale[tool])
        items = float(self.random.poisson(3 + tool))
        if self.random.random() < state.renamed[tool]:
            fields, schema = {"sum": amount, "items": items}, f"schema {tool} new"
        else:
            fields, schema = {"amount": amount, "items": items}, f"schema {tool}"
        return ToolOutput(name, "done", schema, 60 + 20 * items + len(f"{amount:.2f}"), fields)

    def _normal(self, shape: tuple[int, ...]) -> Floats:
        return self.random.normal(size=shape)


def _unit(rows: Floats) -> Floats:
    found: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found
