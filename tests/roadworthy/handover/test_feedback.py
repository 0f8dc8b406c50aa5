"""Feedback says something about one answer, and its comment is kept redacted or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from roadworthy.handover.feedback import Feedback, Giver, noted
from roadworthy.telemetry.event import Ending, Kind, Said

REQUEST = "0" * 32
GIVER = Giver("1" * 32, datetime(2026, 1, 1, tzinfo=UTC), "tenant-1", capability="helper")


def test_feedback_is_an_event_without_the_comment() -> None:
    """Thumb and resolved are in the event; the comment is content, redacted, apart from it."""
    feedback = Feedback(request=REQUEST, thumb="down", resolved=False, comment="Wrong! Mail ann@example.com")
    left = noted(feedback, GIVER, keeps_content=True)
    assert (left.event.kind, left.event.ending) == (Kind.FEEDBACK, Ending.NOTED)
    assert left.event.said == Said(REQUEST, "down", False)
    assert left.content is not None
    assert left.content.comment.startswith("Wrong! Mail ")
    assert "ann@" not in left.content.comment
    assert (left.content.id, left.content.at) == (left.event.id, left.event.at)


def test_the_comment_is_kept_only_where_content_may_be() -> None:
    """Without the policy's word, and without a comment, there is no content."""
    with_comment = Feedback(request=REQUEST, comment="good")
    assert noted(with_comment, GIVER, keeps_content=False).content is None
    assert noted(Feedback(request=REQUEST, thumb="up"), GIVER, keeps_content=True).content is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"comment": " \n"},
        {"thumb": "sideways"},
        {"thumb": True},
        {"resolved": "yes"},
        {"resolved": 1},
        {"comment": "x" * 2001},
        {"thumb": "up", "stars": 5},
        {"thumb": "up", "request": "0" * 31},
        {"thumb": "up", "request": "0" * 31 + "Z"},
        {"thumb": "up", "request": "0" * 32 + "\n"},
    ],
)
def test_what_says_nothing_or_too_much_is_refused(body: dict[str, object]) -> None:
    """Each field has its form, no other field is known, and one at least says something."""
    with pytest.raises(ValidationError):
        Feedback.model_validate({"request": REQUEST, **body})
