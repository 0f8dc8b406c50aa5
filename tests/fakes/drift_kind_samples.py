"""Small nights of all six kinds of drift, drawn by their number, and the watches that have learned thirty of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from roadworthy.drift.kinds.counting import Counted, count, learn_baseline
from roadworthy.drift.kinds.features import FeatureNight, FeatureWatch
from roadworthy.drift.kinds.interface import DriftKind, KindWatch
from roadworthy.drift.kinds.labels import LabelCohort, LabelWatch
from roadworthy.drift.kinds.prompts import Prompted, PromptNight, PromptWatch
from roadworthy.drift.kinds.retrieval import Found, RetrievalNight, RetrievalWatch
from roadworthy.drift.kinds.tool_outputs import ToolNight, ToolOutput, ToolWatch
from roadworthy.drift.kinds.topics import TopicNight, TopicWatch

FIRST = date(2026, 1, 1)
NIGHTS = 30
_AXES = np.eye(8)


def day(number: int) -> date:
    """Return the date of a night."""
    return FIRST + timedelta(days=number)


def feature_counts(number: int, rows: int = 400, shift: float = 0.0) -> Counted:
    """Two numbers and a category."""
    random = np.random.default_rng(number)
    numbers = {"age": random.normal(size=rows) + shift, "hour": random.normal(size=rows)}
    return Counted(day(number), rows, numbers, {"carrier": random.choice(["UA", "B6"], rows).tolist()})


def features(number: int, rows: int = 400, shift: float = 0.0, schema: int = 1) -> FeatureNight:
    """Return a night of features."""
    return FeatureNight(count(feature_counts(number, rows, shift), _features().layout), schema)


def labels(number: int, rows: int = 1200, shift: float = 0.0, schema: int = 1) -> LabelCohort:
    """Return a cohort of four carriers, of which `UA` is late more often by `shift`."""
    random = np.random.default_rng(number)
    carriers = random.choice(["UA", "B6", "DL", "AA"], rows)
    late = random.random(rows) < 0.2 + shift * (carriers == "UA")
    return LabelCohort(
        day(number), np.where(late, "late", "on time").tolist(), {"carrier": carriers.tolist()}, True, schema
    )


def topics(number: int, rows: int = 400, shift: float = 0.0, schema: int = 1) -> TopicNight:
    """Return questions about four topics, of which the first is asked about more by `shift`."""
    random = np.random.default_rng(number)
    shares = np.full(4, (1 - shift) / 4) + shift * np.eye(4)[0]
    about = random.choice(4, rows, p=shares)
    rows_of = _AXES[about] + 0.1 * random.normal(size=(rows, 8))
    words = np.array(["card payment", "fee charge", "cash machine", "transfer abroad"])
    return TopicNight(day(number), rows_of, [f"{words[one]} {number}" for one in about], schema)


def prompts(number: int, rows: int = 300, shift: float = 0.0, schema: int = 1) -> PromptNight:
    """Return prompts, a part of which, `shift`, come of a new release with another template."""
    random = np.random.default_rng(number)
    return PromptNight(day(number), [_prompted(random, shift) for _ in range(rows)], schema)


def _prompted(random: np.random.Generator, share: float) -> Prompted:
    length = float(random.normal(900, 90))
    if random.random() < share:
        return Prompted("help/answer", "b" * 64, "b" * 64, length, 2)
    return Prompted("help/answer", "a" * 64, "a" * 64, length, 1)


def tools(number: int, rows: int = 300, shift: float = 0.0, schema: int = 1) -> ToolNight:
    """Return calls of two tools; a part of those of `balance`, `shift`, fail."""
    random = np.random.default_rng(number)
    return ToolNight(day(number), [_called(random, shift) for _ in range(rows)], schema)


def _called(random: np.random.Generator, share: float) -> ToolOutput:
    tool = str(random.choice(["balance", "transfers"]))
    if random.random() < 0.02 + share * (tool == "balance"):
        return ToolOutput(tool, "failed")
    amount = float(random.normal(50, 10))
    return ToolOutput(tool, "done", f"{tool} schema", 40 + len(f"{amount:.2f}"), {"amount": amount})


def retrieval(number: int, rows: int = 40, shift: float = 0.0, schema: int = 1) -> RetrievalNight:
    """Return what `rows` pinned questions find; with a `shift` a document of the index is gone."""
    found = {
        f"q{at}": [Found(f"d{at % 7}", 0.9), Found(f"d{7 + at % 5}", 0.8), Found("d12", 0.5)] for at in range(rows)
    }
    lost = {"d3"} if shift else set()
    kept = {probe: [one for one in some if one.document not in lost] for probe, some in found.items()}
    return RetrievalNight(
        day(number), kept, (), {f"d{at}": "v1" for at in range(13) if f"d{at}" not in lost}, "i", schema
    )


@cache
def _features():  # type: ignore[no-untyped-def]
    return learn_baseline([feature_counts(number) for number in range(NIGHTS)])


@dataclass(frozen=True)
class KindSample:
    """One kind: its nights, and who is to blame for a shifted one."""

    kind: DriftKind
    night: Callable[..., Any]
    learn: Callable[[Sequence[Any]], KindWatch[Any]]
    shift: float
    culprit: str
    few: int

    @property
    def reference(self) -> list[Any]:
        """Thirty nights."""
        return [self.night(number) for number in range(NIGHTS)]


def _learn_features(nights: Sequence[FeatureNight]) -> FeatureWatch:
    return FeatureWatch(_features() if nights else None)


SAMPLES = (
    KindSample(DriftKind.FEATURES, features, _learn_features, 1.0, "age", 100),
    KindSample(DriftKind.LABELS, labels, LabelWatch.learned_from, 0.4, "carrier=UA", 100),
    KindSample(DriftKind.TOPICS, topics, lambda some: TopicWatch.learned_from(some, 4), 0.4, "card payment", 100),
    KindSample(DriftKind.PROMPTS, prompts, PromptWatch.learned_from, 0.5, "2", 100),
    KindSample(DriftKind.TOOLS, tools, ToolWatch.learned_from, 0.4, "balance", 60),
    KindSample(DriftKind.RETRIEVAL, retrieval, RetrievalWatch.learned_from, 1.0, "d3", 5),
)


@cache
def learned(kind: DriftKind) -> KindWatch[Any]:
    """Return the watch of a kind that has learned its sample's reference."""
    sample = next(one for one in SAMPLES if one.kind is kind)
    return sample.learn(sample.reference)
