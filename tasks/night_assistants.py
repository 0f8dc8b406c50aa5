"""A night's drift of an assistant: topics, prompts, tool outputs and retrieval, from telemetry and pinned questions."""

# Late imports: start-up time.
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.kinds.attribution import Attribution, attribute
from roadworthy.drift.kinds.interface import DriftKind, KindVerdict, KindWatch, State
from roadworthy.drift.kinds.judging import split, without_judgement
from roadworthy.drift.kinds.prompts import Prompted, PromptNight, PromptWatch
from roadworthy.drift.kinds.retrieval import Found, RetrievalNight, RetrievalWatch
from roadworthy.drift.kinds.tool_outputs import ToolNight, ToolOutput, ToolWatch
from roadworthy.drift.kinds.topics import TopicNight, TopicWatch
from roadworthy.errors import DataError, IntegrityError
from roadworthy.store import Store
from roadworthy.telemetry.reading import Window, read_contents, read_events
from tasks.night_embeddings import embedded
from tasks.probes import read_probes

if TYPE_CHECKING:
    import pyarrow as pa

    from roadworthy.retrieval.interface import Embedder

REFERENCE_NIGHTS = 42
"""Nights before this one with which it is compared: whole weeks, and enough for a tail beyond them."""
MOST_EVENTS = 20_000
"""Of one night; of more, every second, third … one is looked at."""
MOST_QUESTIONS = 500
"""Of one night, for topics: to embed one takes some milliseconds, and is done once."""
KINDS = (DriftKind.TOPICS, DriftKind.PROMPTS, DriftKind.TOOLS, DriftKind.RETRIEVAL)
_COLUMNS = ["kind", "release", "retrieved", "calls", "outputs", "prompts"]
_LACKING = {
    DriftKind.TOPICS: "no contents were kept, or there is no embedder",
    DriftKind.PROMPTS: "no event tells of a prompt",
    DriftKind.TOOLS: "no event tells of a tool call",
    DriftKind.RETRIEVAL: "no event tells of a passage, and no pinned question was asked",
}


@dataclass(frozen=True)
class AssistantDrift:
    """What a night says about the drift of one assistant."""

    capability: str
    night: date
    verdicts: tuple[KindVerdict, ...]
    """One for each of `KINDS`, in their order; `no_data` by name where telemetry lacks what a kind needs."""

    @property
    def attribution(self) -> Attribution:
        """The likeliest root first."""
        return attribute(self.verdicts)

    @property
    def needs_somebody(self) -> bool:
        """Tell whether a person has to look."""
        return any(one.state in (State.DRIFT, State.UNKNOWN_SCHEMA) for one in self.verdicts)


@dataclass(frozen=True)
class _Seen:
    """What one day shows of each kind."""

    topics: TopicNight
    prompts: PromptNight
    tools: ToolNight
    retrieval: RetrievalNight


def judge_assistant_night(
    store: Store,
    capability: str,
    night: date,
    embedder: Embedder | None = None,
    policy: AlarmPolicy | None = None,
    reference_nights: int = REFERENCE_NIGHTS,
) -> AssistantDrift:
    """Judge a night that is over by sealed telemetry and by `tasks.probes`: read again, it says the same.

    The four kinds share the policy's level of false alarms. Without an embedder topics are not judged. Telemetry of a
    newer version, or damaged, is a verdict; raises `Unavailable` as `read_events` does.
    """
    try:
        tonight = _seen(store, capability, night, embedder)
    except (DataError, IntegrityError) as error:
        unknown = [without_judgement(kind, night, State.UNKNOWN_SCHEMA, error.problem) for kind in KINDS]
        return AssistantDrift(capability, night, tuple(unknown))
    before = [night - timedelta(days=back) for back in range(reference_nights, 0, -1)]
    reference = [one for one in (_known(store, capability, day, embedder) for day in before) if one is not None]
    return AssistantDrift(capability, night, _judged(tonight, reference, split(policy or AlarmPolicy(), len(KINDS))))


def _judged(tonight: _Seen, reference: Sequence[_Seen], policy: AlarmPolicy) -> tuple[KindVerdict, ...]:
    found = []
    for kind in KINDS:
        seen = _of(tonight, kind)
        if _is_empty(seen):
            found.append(without_judgement(kind, seen.day, State.NO_DATA, _LACKING[kind]))
        else:
            nights = [one for one in (_of(day, kind) for day in reference) if not _is_empty(one)]
            found.append(_learned(kind, nights).judge(seen, policy))
    return tuple(found)


def _learned(kind: DriftKind, nights: Sequence[Any]) -> KindWatch[Any]:
    watches: dict[DriftKind, Any] = {
        DriftKind.TOPICS: TopicWatch,
        DriftKind.PROMPTS: PromptWatch,
        DriftKind.TOOLS: ToolWatch,
        DriftKind.RETRIEVAL: RetrievalWatch,
    }
    learned: KindWatch[Any] = watches[kind].learned_from(nights)
    return learned


def _of(seen: _Seen, kind: DriftKind) -> Any:
    return {
        DriftKind.TOPICS: seen.topics,
        DriftKind.PROMPTS: seen.prompts,
        DriftKind.TOOLS: seen.tools,
        DriftKind.RETRIEVAL: seen.retrieval,
    }[kind]


def _is_empty(seen: TopicNight | PromptNight | ToolNight | RetrievalNight) -> bool:
    if isinstance(seen, TopicNight):
        return not len(seen.embeddings)
    if isinstance(seen, PromptNight):
        return not seen.prompts
    return not seen.outputs if isinstance(seen, ToolNight) else not (seen.live or seen.probes)


def _known(store: Store, capability: str, day: date, embedder: Embedder | None) -> _Seen | None:
    """Return a day of the reference; None where a newer version wrote it, or it is damaged."""
    try:
        return _seen(store, capability, day, embedder)
    except (DataError, IntegrityError):
        return None


def _seen(store: Store, capability: str, day: date, embedder: Embedder | None) -> _Seen:
    since = datetime.combine(day, time(), UTC)
    window = Window(since, since + timedelta(days=1))
    events = _thinned(read_events(store, window, capability), MOST_EVENTS).select(_COLUMNS).to_pylist()
    probed = read_probes(store, capability, [day])
    live = [[Found(one["document"], _number(one["score"])) for one in row["retrieved"]] for row in events]
    return _Seen(
        _topics(store, window, capability, day, embedder),
        PromptNight(day, [prompt for row in events for prompt in _prompts(row)]),
        ToolNight(day, [output for row in events for output in _outputs(row)]),
        replace(probed[0] if probed else RetrievalNight(day), live=[some for some in live if some]),
    )


def _topics(store: Store, window: Window, capability: str, day: date, embedder: Embedder | None) -> TopicNight:
    nothing = TopicNight(day, np.empty((0, 0)))
    if embedder is None:
        return nothing
    questions = [text for text in read_contents(store, window, capability)["question"].to_pylist() if text]
    step = max(1, -(-len(questions) // MOST_QUESTIONS))
    some = questions[::step]
    if not some:
        return nothing
    return TopicNight(day, np.asarray(embedded(store, capability, day, some, embedder), np.float64), some)


def _prompts(row: dict[str, Any]) -> list[Prompted]:
    return [
        Prompted(one["name"], one["version"], one["instructions"], float(one["characters"]), row["release"])
        for one in row["prompts"]
    ]


def _outputs(row: dict[str, Any]) -> list[ToolOutput]:
    """Return the calls of a request, and the shape of what those that were done gave back."""
    shapes = iter(row["outputs"])
    found = []
    for call in row["calls"]:
        shape = next(shapes, None) if call["verdict"] == "done" else None
        if shape is None or shape["tool"] != call["tool"]:
            found.append(ToolOutput(call["tool"], call["verdict"]))
        else:
            found.append(ToolOutput(call["tool"], call["verdict"], shape["schema"], float(shape["characters"])))
    return found


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _thinned(table: pa.Table, most: int) -> pa.Table:
    step = max(1, -(-len(table) // most))
    return table if step == 1 else table.take(list(range(0, len(table), step)))


def assistant_document(drift: AssistantDrift) -> dict[str, object]:
    """Return what the night's report says of an assistant's drift; ids and digests, no contents."""
    found = drift.attribution
    return {
        "root": {"kind": found.kind, "culprit": found.culprit.name if found.culprit else None},
        "kinds": [
            {
                "kind": one.kind.value,
                "state": one.state.value,
                "reason": one.reason,
                "rows": one.rows,
                "effect": round(one.effect, 6),
                "p_value": round(one.p_value, 9),
                "culprits": [f"{culprit.kind}: {culprit.name}: {culprit.detail}" for culprit in one.culprits],
            }
            for one in drift.verdicts
        ],
    }
