"""Events and contents as tests need them: one of each kind by hand, and any at all by hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

from hypothesis import strategies as st

from roadworthy.providers.fallback import Fallback
from roadworthy.telemetry.event import (
    Called,
    Content,
    Ending,
    Event,
    GuardVerdict,
    Kind,
    Part,
    Prompted,
    Retrieved,
    Returned,
    Said,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def an_event(id: str = "r1", at: datetime = NOON, **changed: Any) -> Event:
    """Return an answered question, but for what is changed."""
    given = {"kind": Kind.ANSWER, "ending": Ending.ANSWERED, "status": 200, "seconds": 0.25, "capability": "help"}
    return Event(id, at, **(given | changed))


def a_content(id: str = "r1", at: datetime = NOON, **texts: Any) -> Content:
    """Return a content with these texts."""
    return Content(id, at, "help", **texts)


_times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_seconds = st.floats(allow_nan=False, allow_infinity=False)
_wholes = st.integers(-(2**53) + 1, 2**53 - 1)
_costs = st.decimals(-(10**19), 10**19, allow_nan=False, allow_infinity=False, places=18)


def _few(kind: type[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(_any(kind), max_size=3).map(tuple)


def _any(kind: type[Any], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, **given)


st.register_type_strategy(datetime, _times)
st.register_type_strategy(str, _texts)
st.register_type_strategy(float, _seconds)
st.register_type_strategy(int, _wholes)
st.register_type_strategy(Decimal, _costs)

events = _any(
    Event,
    first_text_seconds=st.none() | _seconds,
    tenant=_texts, user=_texts, conversation=_texts, capability=_texts, release=_wholes, digest=_texts, arm=_texts,
    problem=_texts, streamed=st.booleans(),
    parts=_few(Part), prompt_tokens=_wholes, completion_tokens=_wholes, cost=_costs, currency=_texts,
    cached=st.booleans(), fallback=st.sampled_from(get_args(Fallback)),
    guards=_few(GuardVerdict), retrieved=_few(Retrieved), calls=_few(Called), rows=_wholes,
    prompts=_few(Prompted), outputs=_few(Returned),
    said=st.none() | _any(Said, thumb=st.sampled_from(["up", "down", ""]), resolved=st.none() | st.booleans()),
)  # fmt: skip
contents = _any(
    Content,
    question=_texts,
    answer=_texts,
    comment=_texts,
    rows=_texts,
    scores=st.lists(_seconds, max_size=3).map(tuple),
)
