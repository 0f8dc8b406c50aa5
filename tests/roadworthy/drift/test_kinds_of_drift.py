"""What single kinds of drift do beyond their common promises: delays, releases, shapes, and who comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from fakes.drift_kind_samples import FIRST, day, features, labels, learned, prompts, retrieval, topics
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.kinds.attribution import attribute
from roadworthy.drift.kinds.counting import Counted, count, learn_baseline
from roadworthy.drift.kinds.document_changes import document_changes
from roadworthy.drift.kinds.interface import Culprit, CulpritKind, DriftKind, KindVerdict, State
from roadworthy.drift.kinds.labels import Labelled, cohorts
from roadworthy.drift.kinds.output_shapes import shape_of
from roadworthy.drift.kinds.prompts import PromptNight, PromptWatch
from roadworthy.drift.kinds.retrieval import Found, RetrievalWatch
from roadworthy.drift.kinds.topics import TopicNight

POLICY = AlarmPolicy()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DELAY = timedelta(days=7)


def _labelled(days: float, came: float | None, label: str = "late") -> Labelled:
    """Return a label for an event so many days after noon, that came so many days after its event."""
    at = NOON + timedelta(days=days)
    return Labelled(at, label, None if came is None else at + timedelta(days=came))


def test_labels_belong_to_the_day_of_their_event() -> None:
    """However late they came; those that came too late count in no cohort, so that all cohorts are alike."""
    rows = [_labelled(0, 6), _labelled(0, 8), _labelled(1, 1), _labelled(0, None)]
    first, second = cohorts(rows, NOON + timedelta(days=30), DELAY)
    assert (first.day, list(first.labels)) == (date(2026, 3, 1), ["late", None, None])
    assert (second.day, list(second.labels)) == (date(2026, 3, 2), ["late"])


def test_a_replay_sees_what_was_known_then() -> None:
    """A label that came after `now` is not there, and a cohort that may still get labels is not mature."""
    (early,) = cohorts([_labelled(0, 1), _labelled(0, 5)], NOON + timedelta(days=2), DELAY)
    assert (list(early.labels), early.mature) == (["late", None], False)
    (late,) = cohorts([_labelled(0, 1), _labelled(0, 5)], NOON + timedelta(days=8), DELAY)
    assert late.mature


def test_labels_that_may_come_and_labels_that_never_came_are_told_apart() -> None:
    """Neither is steady, and neither is drift."""
    watch, cohort = learned(DriftKind.LABELS), labels(200)
    assert watch.judge(replace(cohort, mature=False), POLICY).state is State.WAITING
    assert watch.judge(replace(cohort, labels=[None] * len(cohort.labels)), POLICY).state is State.NO_LABELS


def test_fewer_labels_than_usual_are_drift_of_their_own() -> None:
    """Half of them never came: what is left may be of another kind."""
    cohort = labels(201)
    halved = [label if at % 2 else None for at, label in enumerate(cohort.labels)]
    found = learned(DriftKind.LABELS).judge(replace(cohort, labels=halved), POLICY)
    assert found.state is State.DRIFT
    assert "without a value" in found.culprits[0].detail


def test_labels_that_move_everywhere_accuse_no_single_segment() -> None:
    """The label comes first, then the segments."""
    cohort = labels(202)
    flipped = ["late" if at % 2 else label for at, label in enumerate(cohort.labels)]
    found = learned(DriftKind.LABELS).judge(replace(cohort, labels=flipped), POLICY)
    assert found.culprits[0].kind is CulpritKind.LABEL


def test_a_template_that_changes_without_a_release_is_accused_itself() -> None:
    """A new release explains its template; nothing explains one that changed within a release."""
    night = prompts(203)
    other = PromptNight(night.day, [replace(one, template="c" * 64) for one in night.prompts])
    (culprit, *_) = learned(DriftKind.PROMPTS).judge(other, POLICY).culprits
    assert (culprit.kind, culprit.name) == (CulpritKind.TEMPLATE, "help/answer")
    (culprit, *_) = learned(DriftKind.PROMPTS).judge(prompts(203, shift=0.3), POLICY).culprits
    assert (culprit.kind, culprit.name) == (CulpritKind.RELEASE, "2")


def test_instructions_that_hold_the_date_raise_no_alarm() -> None:
    """What is new on every night says nothing when it is new once more."""

    def dated(number: int) -> PromptNight:
        night = prompts(number)
        return PromptNight(night.day, [replace(one, instructions=f"{number:064}"[::-1]) for one in night.prompts])

    watch = PromptWatch.learned_from([dated(number) for number in range(30)])
    assert watch.judge(dated(204), POLICY).state is not State.DRIFT


def test_longer_prompts_alone_may_follow_from_something_else() -> None:
    """Found, and said to be no evidence of a change of prompts itself."""
    night = prompts(205)
    longer = PromptNight(night.day, [replace(one, length=2 * one.length) for one in night.prompts])
    found = learned(DriftKind.PROMPTS).judge(longer, POLICY)
    assert (found.state, found.own) == (State.DRIFT, False)


def test_questions_of_a_new_kind_are_found_and_not_quoted() -> None:
    """Topics are called by words of the reference; what is asked tonight stays out of the verdict."""
    night = topics(206)
    embeddings = np.array(night.embeddings)
    embeddings[:120] = np.eye(8)[6]
    asked = TopicNight(night.day, embeddings, ["zebra"] * len(embeddings))
    found = learned(DriftKind.TOPICS).judge(asked, POLICY)
    assert found.state is State.DRIFT
    assert "zebra" not in str(found)


def test_questions_that_change_within_a_topic_are_found_by_the_classifier() -> None:
    """Each topic has its share and its nearness, and yet they can be told from before."""
    night = topics(207)
    turned = np.array(night.embeddings)
    # Hardly farther from the centre than before, but always to the same side.
    turned[:, 7] = np.abs(turned[:, 7]) + 0.05
    found = learned(DriftKind.TOPICS).judge(TopicNight(night.day, turned), POLICY)
    assert found.state is State.DRIFT
    assert "AUC" in found.culprits[-1].detail


def test_embeddings_of_another_model_are_named() -> None:
    """Their columns mean something else; rows that are no numbers don't count."""
    watch, random = learned(DriftKind.TOPICS), np.random.default_rng(0)
    assert watch.judge(TopicNight(FIRST, random.normal(size=(400, 9))), POLICY).state is State.UNKNOWN_SCHEMA
    assert watch.judge(TopicNight(FIRST, np.full((400, 8), np.nan)), POLICY).state is State.NO_DATA


def test_an_index_that_changed_without_its_documents_is_accused_as_a_whole() -> None:
    """Its documents are as they were, and what they answer is not."""
    night = retrieval(208)
    other = {probe: some[::-1][:1] for probe, some in night.probes.items()}
    found = learned(DriftKind.RETRIEVAL).judge(replace(night, probes=other), POLICY)
    assert (found.state, found.culprits[0].kind) == (State.DRIFT, CulpritKind.INDEX)


def test_changes_of_documents_are_named() -> None:
    """New, changed and deleted ones; nothing where one of the indexes is not known."""
    changes = document_changes({"a": "1", "b": "2", "c": "1"}, {"b": "1", "c": "1", "d": "1"})
    assert (changes.new, changes.changed, changes.deleted) == (("a",), ("b",), ("d",))
    assert document_changes({}, {"a": "1"}).deleted == ()


def test_what_live_requests_find_may_follow_from_what_is_asked() -> None:
    """With no pinned questions there is a verdict all the same, but it is not retrieval's own."""
    nights = [replace(retrieval(number), probes={}, live=[[Found("a", 0.5)], [Found("b", 0.5)]] * 150)
              for number in range(30)]  # fmt: skip
    tonight = replace(nights[0], day=day(209), live=[[Found("a", 0.5)]] * 300)
    found = RetrievalWatch.learned_from(nights).judge(tonight, POLICY)
    assert (found.state, found.own) == (State.DRIFT, False)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3),
    max_leaves=20,
)


@given(_json)
def test_any_output_has_a_shape_of_finite_figures(output: Any) -> None:
    """Whatever a tool returns, and the same for the same output."""
    shape = shape_of(output)
    assert shape == shape_of(output)
    assert np.isfinite(list(shape.fields.values())).all()


def test_the_schema_depends_on_fields_and_types_alone() -> None:
    """Other values, another order and more elements are no other schema; another name or type is."""
    one = {"balance": 12.5, "holder": "Ada", "items": [{"id": 1}]}
    same = {"items": [{"id": 7}, {"id": 8}], "holder": "Grace", "balance": 3}
    assert shape_of(one).schema == shape_of(same).schema
    assert shape_of(one | {"balance": "12.5"}).schema != shape_of(one).schema
    assert shape_of({"holder": "Ada"}).fields == {"holder": 3.0}


@pytest.mark.parametrize("rows", [1, 7, 300])
def test_every_row_is_counted_once(rows: int) -> None:
    """Numbers and texts that are in memory give the counts of their rows, gaps included."""
    random = np.random.default_rng(rows)
    numbers = np.where(random.random(rows) < 0.3, np.nan, random.normal(size=rows))
    night = Counted(FIRST, rows, {"n": numbers}, {"t": random.choice(["a", "b"], rows).tolist()})
    baseline = learn_baseline([night])
    assert baseline is not None
    profile = count(night, baseline.layout).profile
    assert profile.columns["n"].rows == profile.columns["t"].rows == rows
    assert profile.columns["n"].usable == np.isfinite(numbers).sum()
    assert (profile.columns["n"].unseen, profile.columns["t"].unseen) == (0, 0)


def _verdict(kind: DriftKind, effect: float, own: bool, state: State = State.DRIFT) -> KindVerdict:
    culprit = Culprit(CulpritKind.FEATURE, kind.value, "", effect, 0.0, own)
    return KindVerdict(kind, FIRST, state, "", effect=effect, culprits=(culprit,))


def test_what_may_follow_from_another_kind_comes_after_it() -> None:
    """However large: longer prompts and other documents are what other questions bring about."""
    found = attribute(
        [
            _verdict(DriftKind.PROMPTS, 9.0, own=False),
            _verdict(DriftKind.RETRIEVAL, 5.0, own=False),
            _verdict(DriftKind.TOPICS, 2.0, own=True),
        ]
    )
    assert (found.kind, found.explained) == (DriftKind.TOPICS, (DriftKind.PROMPTS, DriftKind.RETRIEVAL))


def test_what_can_follow_from_nothing_stands_by_itself() -> None:
    """Alone, an effect that may follow is still the root; among roots the larger effect comes first."""
    assert attribute([_verdict(DriftKind.PROMPTS, 9.0, own=False)]).kind is DriftKind.PROMPTS
    both = [_verdict(DriftKind.TOPICS, 2.0, own=True), _verdict(DriftKind.RETRIEVAL, 5.0, own=True)]
    assert attribute(both).kind is DriftKind.RETRIEVAL
    watched = [_verdict(DriftKind.TOPICS, 2.0, own=True, state=State.WATCH)]
    assert (attribute(watched).kind, attribute(watched).culprit) == (None, None)


def test_a_profile_of_another_layout_is_an_unknown_schema() -> None:
    """Bins of another reference can't be compared."""
    night = features(210)
    other = night.night.profile.model_copy(update={"layout": "f" * 64})
    found = learned(DriftKind.FEATURES).judge(replace(night, night=replace(night.night, profile=other)), POLICY)
    assert found.state is State.UNKNOWN_SCHEMA
