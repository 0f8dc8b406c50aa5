"""Retrieval: pinned questions and what they find, live requests and what they found, and what became of documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

import numpy as np

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.baseline import Baseline
from roadworthy.drift.kinds.counting import Counted, Texts, learn_baseline, part
from roadworthy.drift.kinds.document_changes import document_changes
from roadworthy.drift.kinds.interface import SCHEMA_VERSION, Culprit, CulpritKind, DriftKind, KindVerdict, State
from roadworthy.drift.kinds.judging import MOST_CULPRITS, Accuse, Blame, judge_columns, split, unfit, without_judgement
from roadworthy.drift.verdicts import ColumnVerdict, NightVerdict

_TOLERANCE = 0.1
"""Scores that differ by less than this part of the pinned scores' spread are alike."""
_FEWEST_PROBES = 10
_WEIGHT = 1000
"""Pinned questions are always the same, so that what they find has no sampling error: each counts as so many rows, and
evidence rests on how much nights of the reference differ."""


@dataclass(frozen=True)
class Found:
    """A document that was found, and its score."""

    document: str
    score: float


@dataclass(frozen=True)
class RetrievalNight:
    """What was found on one day; ids, digests and scores alone."""

    day: date
    probes: Mapping[str, Sequence[Found]] = field(default_factory=dict)
    """By the id of a pinned question, what it finds, the best first."""
    live: Sequence[Sequence[Found]] = ()
    """For each request what it found, the best first."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """The index's documents: the digest of each, by id; empty when it is not known."""
    index: str = ""
    """The digest of the index's settings and its embedder; empty when it is not known."""
    schema: int = SCHEMA_VERSION


@dataclass(frozen=True)
class RetrievalWatch:
    """Watches retrieval; the culprits are documents, or the index where its documents are as they were.

    Two tests share the level of alarms. Pinned questions are always the same, so that only the index can change what
    they find. What live requests find may follow from what is asked.
    """

    last: RetrievalNight | None
    """The reference's last night, with whose answers and documents tonight's are compared."""
    probes: Baseline | None
    live: Baseline | None
    kind = DriftKind.RETRIEVAL

    @classmethod
    def learned_from(cls, reference: Sequence[RetrievalNight]) -> RetrievalWatch:
        """Learn from nights."""
        ordered = sorted(reference, key=lambda one: one.day)
        answering = [one for one in ordered if one.probes]
        last = next(reversed(answering or ordered), None)
        steps = pairwise(answering if len(answering) > 1 else answering * 2)
        probes = learn_baseline([_probed(after, before) for before, after in steps])
        return cls(last, probes, learn_baseline(list(map(_lived, ordered))))

    def judge(self, tonight: RetrievalNight, policy: AlarmPolicy) -> KindVerdict:
        """See `KindWatch.judge`."""
        known = self.last is not None and (self.probes is not None or self.live is not None)
        bad = unfit(self.kind, tonight.day, tonight.schema, known=known)
        if bad or self.last is None:
            return bad or without_judgement(self.kind, tonight.day, State.NO_REFERENCE, "there is no reference")
        half = split(policy, 2)
        found = [one for one in (self._by_probes(tonight, half), self._by_live(tonight, half)) if one.state.judged]
        if not found:
            some = tonight.probes or tonight.live
            state, reason = (State.TOO_FEW, "too little was found") if some else (State.NO_DATA, "nothing was found")
            return without_judgement(self.kind, tonight.day, state, reason, len(tonight.live))
        return replace(_worst(found), level=policy.level)

    def _by_probes(self, tonight: RetrievalNight, policy: AlarmPolicy) -> KindVerdict:
        if self.probes is None or self.last is None or not tonight.probes:
            return without_judgement(self.kind, tonight.day, State.NO_DATA, "no pinned question was asked")
        counted = _probed(tonight, self.last)
        few = policy.model_copy(update={"fewest_rows": _FEWEST_PROBES * _WEIGHT})
        found = judge_columns(self.kind, counted, self.probes, few, _index)
        if not found.culprits:
            return found
        culprits = self._documents(tonight, found.culprits[0])
        return replace(found, culprits=culprits or found.culprits)

    def _documents(self, tonight: RetrievalNight, change: Culprit) -> tuple[Culprit, ...]:
        """Accuse the documents that changed themselves, by the places that they won and lost in pinned answers."""
        assert self.last is not None  # noqa: S101  (judge has looked)
        changes = document_changes(tonight.documents, self.last.documents)
        accused = {*changes.new, *changes.changed, *changes.deleted}
        if not accused or (tonight.index and self.last.index and tonight.index != self.last.index):
            return ()
        moved = _places_moved(tonight, self.last)
        ranked = sorted((one for one in accused if moved[one]), key=lambda one: (-moved[one], one))
        return tuple(
            replace(change, kind=CulpritKind.DOCUMENT, name=one, detail=f"{changes.of(one)}; {moved[one]} places moved")
            for one in ranked[:MOST_CULPRITS]
        )

    def _by_live(self, tonight: RetrievalNight, policy: AlarmPolicy) -> KindVerdict:
        if self.live is None or not tonight.live:
            return without_judgement(self.kind, tonight.day, State.NO_DATA, "no request searched")
        return judge_columns(self.kind, _lived(tonight), self.live, policy, _document)


def _worst(found: Sequence[KindVerdict]) -> KindVerdict:
    """Return the verdict that says most; pinned questions come first."""
    order = list(State)
    worst = max(found, key=lambda one: order.index(one.state))
    return replace(worst, effect=max(one.effect for one in found), rows=max(one.rows for one in found))


def _places_moved(tonight: RetrievalNight, last: RetrievalNight) -> Counter[str]:
    """Return for each document how many places in the answers it won or lost."""
    moved = Counter[str]()
    for probe, before in last.probes.items():
        if probe not in tonight.probes:
            continue
        new, old = (Counter(one.document for one in some) for some in (tonight.probes[probe], before))
        moved.update(new - old)
        moved.update(old - new)
    return moved


def _probed(night: RetrievalNight, before: RetrievalNight) -> Counted:
    """Compare answers with those of the night before: which places are kept, and whether scores are higher or lower.

    A question that finds nothing any more has lost all of its places; one that was not asked before says nothing.
    Night beside night, as documents are edited now and then: edits add up, and a large change stands out from each.
    """
    expected = before.probes
    spread = float(np.std([one.score for some in expected.values() for one in some] or [0.0]))
    asked = [probe for probe in expected if probe in night.probes]
    places: list[bool] = []
    scores: list[str] = []
    for probe in asked:
        now = {one.document: one.score for one in reversed(night.probes[probe])}
        places += [one.document in now for one in expected[probe]]
        scores += [_compared(now[one.document] - one.score, spread) for one in expected[probe] if one.document in now]
    whole = part([_documents_of(night.probes[probe]) >= _documents_of(expected[probe]) for probe in asked])
    columns = {"answers": whole, "places": part(places), "scores": Counter[str | None](scores)}
    return Counted(night.day, len(asked) * _WEIGHT, texts={name: _weighted(some) for name, some in columns.items()})


def _weighted(counts: Counter[str | None]) -> Counter[str | None]:
    return Counter({value: rows * _WEIGHT for value, rows in counts.items()})


def _documents_of(some: Sequence[Found]) -> set[str]:
    return {one.document for one in some}


def _compared(difference: float, spread: float) -> str:
    if abs(difference) <= max(_TOLERANCE * spread, 1e-9):
        return "alike"
    return "higher" if difference > 0 else "lower"


def _lived(night: RetrievalNight) -> Counted:
    documents: Texts = [one.document for some in night.live for one in some]
    best = np.array([some[0].score if some else np.nan for some in night.live], dtype=np.float64)
    return Counted(night.day, len(night.live), {"best score": best}, {"documents": documents})


def _index(found: NightVerdict, policy: AlarmPolicy) -> Accuse:
    return lambda column: Blame(CulpritKind.INDEX, "index")


def _document(found: NightVerdict, policy: AlarmPolicy) -> Accuse:
    def accuse(column: ColumnVerdict) -> Blame:
        if column.name == "documents" and column.moves:
            return Blame(CulpritKind.DOCUMENT, column.moves[0].cell, own=False)
        return Blame(CulpritKind.INDEX, "index", own=False, rank=1)

    return accuse
