"""What counts as a request: every gesture of a person, and nothing that we did ourselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fakes.killing import Death, Killed
from fakes.small_registry import BETTER, CAPABILITY, GOOD, SmallRegistry

from roadworthy.release.entries import Actor, Stage
from roadworthy.release.stages import decide_rollback
from tasks.registry.mirror import mirror_standing
from tasks.registry.requests import Request, read_requests
from tasks.registry.snapshot import BEGUN, WRITTEN

Gesture = Callable[[SmallRegistry], None]


def test_without_gestures_there_are_no_requests(small: SmallRegistry, unmirrored: SmallRegistry) -> None:
    """Neither a mirrored registry nor an empty one asks for anything."""
    assert _requests(small) == []
    assert _requests(unmirrored) == []


@pytest.mark.parametrize(
    ("gesture", "expected"),
    [
        (lambda small: small.ask(GOOD), Request(GOOD, Stage.PRODUCTION, "tag approval=approved")),
        (lambda small: small.ask(GOOD, " Approved "), Request(GOOD, Stage.PRODUCTION, "tag approval= Approved ")),
        (lambda small: small.set_alias("production", BETTER), Request(BETTER, Stage.PRODUCTION, "alias production")),
        (lambda small: small.set_alias("staging", BETTER), Request(BETTER, Stage.STAGING, "alias staging")),
        (lambda small: small.set_stage("Staging", GOOD), Request(GOOD, Stage.STAGING, "stage Staging")),
        (lambda small: small.set_stage("Production", GOOD), Request(GOOD, Stage.PRODUCTION, "stage Production")),
    ],
)
def test_each_gesture_is_a_request(small: SmallRegistry, gesture: Gesture, expected: Request) -> None:
    """A tag, an alias, a stage: whatever MLflow's page offers to approve a release is read."""
    gesture(small)
    assert _requests(small) == [expected]


@pytest.mark.parametrize("value", ["yes", "", "aproved", "rejected", "x" * 4000])
def test_another_value_of_the_tag_is_a_request_that_says_what_is_wrong(small: SmallRegistry, value: str) -> None:
    """A person who mistyped gets an answer; a very long one is cut."""
    small.ask(GOOD, value)
    (request,) = _requests(small)
    assert request.unclear is not None
    assert request.unclear.endswith("to approve, set it to: approved")
    assert repr(value[:50])[:-1] in request.unclear
    assert len(request.gesture) < 100


def test_two_gestures_for_one_move_are_one_request(small: SmallRegistry) -> None:
    """Whoever sets tag, alias and stage asks once."""
    small.ask(GOOD)
    small.set_alias("production", GOOD)
    small.set_stage("Production", GOOD)
    assert _requests(small) == [Request(GOOD, Stage.PRODUCTION, "tag approval=approved")]


def test_the_nearer_stage_is_asked_for_first(small: SmallRegistry) -> None:
    """Who asks for staging and production at once gets both."""
    small.ask(BETTER)
    small.set_alias("staging", BETTER)
    small.set_alias("production", GOOD)
    assert [(request.release, request.stage) for request in _requests(small)] == [
        (GOOD, Stage.PRODUCTION),
        (BETTER, Stage.STAGING),
        (BETTER, Stage.PRODUCTION),
    ]


@pytest.mark.parametrize(
    "gesture",
    [
        lambda small: small.registry.client.delete_registered_model_alias(CAPABILITY, "candidate"),
        lambda small: small.set_alias("champion", GOOD),
        lambda small: small.set_alias("candidate", GOOD),
        lambda small: small.set_stage("Archived", GOOD),
        lambda small: small.registry.client.set_model_version_tag(CAPABILITY, "1", "reviewed", "approved"),
    ],
)
def test_what_asks_for_no_move_is_no_request(small: SmallRegistry, gesture: Gesture) -> None:
    """People may tidy up and take notes."""
    gesture(small)
    assert _requests(small) == []


def test_an_alias_on_a_version_that_is_no_release_is_no_request(small: SmallRegistry) -> None:
    """There is no release to move; the mirror puts the alias right."""
    foreign = small.registry.client.create_model_version(CAPABILITY, source=small.version(GOOD).source).version
    small.set_alias("production", foreign)
    small.ask(foreign)
    assert _requests(small) == []


def test_a_rollback_that_mlflow_does_not_show_yet_is_no_request(small: SmallRegistry) -> None:
    """The stale alias of the release that was withdrawn is ours: nobody asked to promote it again."""
    for number in (GOOD, BETTER):
        small.ask(number)
        small.promote()
    small.ledger.record(decide_rollback(CAPABILITY, "too slow"), by=Actor(name="on call"))
    count = len(small.ledger.entries())
    assert small.aliases["production"] == "2"
    assert small.promote() == ()
    assert small.entries_since(count) == []
    assert small.aliases["production"] == "1"


def test_what_a_killed_mirror_wrote_is_no_request(small: SmallRegistry) -> None:
    """Killed between aliases and stages, the mirror does not take its own writes for a person's."""
    small.set_alias("staging", GOOD)
    assert [outcome.reasons for outcome in small.promote()] == [()]
    small.ask(GOOD)
    small.ask(BETTER)
    promotion_of_both = small.promote()
    assert [outcome.reasons for outcome in promotion_of_both] == [(), ()]
    small.ledger.record(decide_rollback(CAPABILITY, "too slow"), by=Actor(name="on call"))
    for writes in range(1, 12):
        watched = Death(after=writes).watching(small)
        try:
            mirror_standing(watched.registry, watched.ledger)
        except Killed:
            assert _requests(small) == []
    assert small.aliases["production"] == "1"


def test_when_nobody_knows_what_we_wrote_nothing_counts_as_done_by_people(small: SmallRegistry) -> None:
    """Somebody removed or changed our note: then aliases ask for nothing, and the tag still does."""
    client = small.registry.client
    client.delete_registered_model_tag(CAPABILITY, BEGUN)
    client.set_registered_model_tag(CAPABILITY, WRITTEN, '{"aliases": 7}')
    small.set_alias("production", GOOD)
    assert _requests(small) == []
    small.ask(GOOD)
    assert len(_requests(small)) == 1


def _requests(small: SmallRegistry) -> list[Request]:
    return list(read_requests(small.registry, CAPABILITY))
