"""Input topics: what an assistant is asked about, by clusters of embeddings and by a classifier two-sample test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.baseline import Baseline
from roadworthy.drift.kinds.classifier import Difference, EmbeddingClassifier
from roadworthy.drift.kinds.counting import Counted, learn_baseline, part
from roadworthy.drift.kinds.interface import SCHEMA_VERSION, Culprit, CulpritKind, DriftKind, KindVerdict, State
from roadworthy.drift.kinds.judging import Accuser, Blame, accusing, judge_columns, split, unfit, without_judgement
from roadworthy.drift.kinds.topic_model import TopicModel, scaled
from roadworthy.drift.verdicts import ColumnVerdict

Floats = NDArray[np.float64]
TOPICS = 12
_NEARNESS = "nearness"


@dataclass(frozen=True)
class TopicNight:
    """What was asked on one day, as embeddings."""

    day: date
    embeddings: Floats
    """One row a question; they are scaled to length 1."""
    texts: Sequence[str] = ()
    """The questions, in the same order, or none: only those of the reference are looked at, to name topics."""
    schema: int = SCHEMA_VERSION


@dataclass(frozen=True)
class TopicWatch:
    """Watches topics; the culprits are topics of the reference: those asked about more, less, or otherwise than before.

    Two tests share the level of alarms: topics' shares and nearness to them by columns, and the classifier, which also
    sees what changes within topics. Its evidence is beside nights too: each night of the reference against others.
    """

    model: TopicModel | None
    baseline: Baseline | None
    classifier: EmbeddingClassifier
    kind = DriftKind.TOPICS

    @classmethod
    def learned_from(cls, reference: Sequence[TopicNight], topics: int = TOPICS) -> TopicWatch:
        """Learn from nights. Rows that are no numbers don't count."""
        nights = [_cleaned(night) for night in sorted(reference, key=lambda one: one.day)]
        nights = [night for night in nights if len(night.embeddings)]
        if not nights:
            return cls(None, None, EmbeddingClassifier.learned_from([]))
        rows = np.concatenate([night.embeddings for night in nights])
        texts = [text for night in nights for text in night.texts]
        model = TopicModel.learned_from(rows, texts if len(texts) == len(rows) else (), topics)
        baseline = learn_baseline([_counted(night, model) for night in nights])
        return cls(model, baseline, EmbeddingClassifier.learned_from([night.embeddings for night in nights]))

    def judge(self, tonight: TopicNight, policy: AlarmPolicy) -> KindVerdict:
        """See `KindWatch.judge`; embeddings of another model are an unknown schema."""
        bad = unfit(self.kind, tonight.day, tonight.schema, known=self.baseline is not None)
        if bad or self.baseline is None or self.model is None:
            return bad or without_judgement(self.kind, tonight.day, State.NO_REFERENCE, "there is no reference")
        night = _cleaned(tonight)
        width = self.classifier.sample.shape[1]
        if len(night.embeddings) and night.embeddings.shape[1] != width:
            reason = f"embeddings have {night.embeddings.shape[1]} columns, the reference's {width}"
            return without_judgement(self.kind, tonight.day, State.UNKNOWN_SCHEMA, reason)
        half = split(policy, 2)
        columns = judge_columns(
            self.kind, _counted(night, self.model), self.baseline, half, _accuser(night, self.model)
        )
        if not columns.state.judged:
            return columns
        return _with(columns, self.classifier.compare(night.embeddings, half), self.model, policy)


def _accuser(night: TopicNight, model: TopicModel) -> Accuser:
    def accuse(column: ColumnVerdict) -> Blame:
        if column.name == _NEARNESS:
            return Blame(CulpritKind.TOPIC, _farthest(night, model))
        return Blame(CulpritKind.TOPIC, column.name)

    return accusing(accuse)


def _farthest(night: TopicNight, model: TopicModel) -> str:
    """Return the topic with the most of those questions that are farthest from any."""
    places, cosines = model.nearest(night.embeddings)
    far = places[cosines <= np.quantile(cosines, 0.1)]
    return model.names[int(np.bincount(far).argmax())]


def _with(columns: KindVerdict, found: Difference, model: TopicModel, policy: AlarmPolicy) -> KindVerdict:
    """Return what both tests say together: the worse state, and the culprits of those that say it."""
    order = list(State)
    worst = max(columns.state, found.state, key=order.index)
    culprits = columns.culprits if columns.state is worst else ()
    if found.state is worst is not State.STEADY:
        culprits = _joined(culprits, _told_apart(found, model))
    told = f"a classifier tells questions from before, AUC {found.auc:.2f}"
    return replace(
        columns,
        state=worst,
        reason=columns.reason if columns.state is worst else told,
        effect=max(columns.effect, found.effect),
        p_value=culprits[0].p_value if culprits else 1.0,
        level=policy.level,
        culprits=culprits,
    )


def _joined(culprits: tuple[Culprit, ...], one: Culprit) -> tuple[Culprit, ...]:
    return culprits if any(known.name == one.name for known in culprits) else (*culprits, one)


def _told_apart(found: Difference, model: TopicModel) -> Culprit:
    """Accuse the topic whose questions add most to what gives tonight away."""
    places, _ = model.nearest(found.rows)
    excess = np.bincount(places, weights=found.scores - 0.5, minlength=len(model.names))
    detail = f"questions near it are told from before, AUC {found.auc:.2f}"
    p_value = found.p_value if found.effect >= 1 else 1.0
    return Culprit(CulpritKind.TOPIC, model.names[int(excess.argmax())], detail, found.effect, p_value)


def _cleaned(night: TopicNight) -> TopicNight:
    rows = np.asarray(night.embeddings, dtype=np.float64)
    if rows.ndim != 2 or not rows.size:
        return replace(night, embeddings=np.empty((0, 0)), texts=())
    good = np.isfinite(rows).all(axis=1) & (np.abs(rows).sum(axis=1) > 0)
    texts = [text for text, kept in zip(night.texts, good, strict=False) if kept]
    return replace(night, embeddings=scaled(rows[good]), texts=texts)


def _counted(night: TopicNight, model: TopicModel) -> Counted:
    if not len(night.embeddings):
        return Counted(night.day, 0)
    places, cosines = model.nearest(night.embeddings)
    # Each topic's share by itself: nights move all of them a little, and an incident one of them much.
    texts = {name: part(places == place) for place, name in enumerate(model.names)}
    return Counted(night.day, len(places), {_NEARNESS: cosines}, texts)
