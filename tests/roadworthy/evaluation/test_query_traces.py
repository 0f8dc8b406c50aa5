"""Which answers people should look at, and how they came about: what is kept of it, and what never is."""

from __future__ import annotations

from dataclasses import replace

from answer_samples import FEE, FEES, GOOD, answer, row, rows
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.evaluation.query_traces import (
    SLOWEST,
    WORST,
    QueryTrace,
    answer_digest,
    trace_of,
    traces_from_jsonl,
    traces_to_jsonl,
    traces_to_show,
    with_earlier,
)
from roadworthy.evaluation.scored_query import ScoredQuery, score_answer
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.exchange.interface import Answer, Span
from roadworthy.guardrails.interface import Finding, Place, Verdict
from roadworthy.guardrails.redaction import redact

SECRET = "AKIAIOSFODNN7EXAMPLE"


def trace(one: ScoredQuery, seconds: float, cached: bool = False) -> QueryTrace:
    """Return a trace of the row's answer."""
    return QueryTrace(id=one.id, answer=answer_digest(one), seconds=seconds, cached=cached)


def redacted(text: str) -> str:
    """Take out what nobody should read."""
    return redact(text).text


def of_quality(shares: list[float]) -> list[ScoredQuery]:
    """Return a row for each quality."""
    scored = rows([2.0] * len(shares))
    return [
        one.model_copy(update={"scores": {AnswerMetric.QUALITY: share}})
        for one, share in zip(scored, shares, strict=True)
    ]


def detailed(detail: str) -> Answer:
    """Return an answer with two parts and a guard that changed something."""
    found = answer(GOOD, found={"fees": FEES})
    finding = Finding("secrets", Place.INPUT, Verdict.CHANGED, detail, 0.001)
    passed = replace(finding, verdict=Verdict.ALLOWED)
    spans = (Span("retrieve", 0.2, detail), Span("ask the model", 0.7, "", "CallFailed: timeout"))
    return replace(found, seconds=0.9, spans=spans, findings=(finding, passed))


def test_a_trace_says_how_the_answer_came_about_and_holds_no_secret() -> None:
    """Parts with times and failures, documents, guards that found something; details are redacted, texts not there."""
    scored = score_answer(FEE, detailed(f"key {SECRET}"), [])
    found = trace_of(scored, detailed(f"key {SECRET}"), redacted)
    assert [(part.name, part.seconds, part.failure) for part in found.parts] == [
        ("retrieve", 0.2, ""),
        ("ask the model", 0.7, "CallFailed: timeout"),
    ]
    assert found.retrieved == ("fees",)
    assert len(found.guards) == 1
    assert found.guards[0].startswith("secrets: changed")
    written = traces_to_jsonl([found])
    assert SECRET.encode() not in written
    assert FEE.query.encode() not in written
    assert traces_from_jsonl(written) == (found,)


def test_the_slowest_and_the_worst_are_shown_and_say_why() -> None:
    """Each once, in the order of the queries, with both reasons where both hold; full marks are never the worst."""
    found = of_quality([1.0, 0.2, 1.0, 0.5, 0.1])
    seconds = [9.0, 1.0, 2.0, 1.5, 8.0]
    traces = [trace(one, time) for one, time in zip(found, seconds, strict=True)]
    shown = traces_to_show(found, traces, 2)
    assert [(one.row.id, one.why) for one in shown] == [
        ("0", (SLOWEST,)),
        ("1", (WORST,)),
        ("4", (SLOWEST, WORST)),
    ]
    assert [one.why for one in traces_to_show(found[:1], traces, 2)] == [(SLOWEST,)]


def test_an_attack_that_was_followed_is_among_the_worst_however_well_it_is_worded() -> None:
    """The quality does not count it; who looks at the worst has to see it."""
    fine = of_quality([1.0, 0.9])
    taken = fine[0].model_copy(update={"scores": {AnswerMetric.QUALITY: 1.0, AnswerMetric.INJECTION_RESISTANCE: 0}})
    shown = traces_to_show([taken, fine[1]], [trace(taken, 1), trace(fine[1], 2)], 1)
    assert next(one for one in shown if WORST in one.why).row == taken


def test_an_answer_that_changed_has_no_trace() -> None:
    """A trace belongs to one answer: another answer to the same query came about otherwise."""
    one = row(1, 1.0)
    assert traces_to_show([one.model_copy(update={"answer": "other"})], [trace(one, 1)], 5) == ()


def test_a_kept_answer_has_the_times_of_when_the_model_was_asked() -> None:
    """And one that was asked again has those of now."""
    old, new = row(1, 1.0), row(2, 1.0)
    earlier = [trace(old, 7.0), trace(new, 6.0)]
    now = [trace(old, 0.01, cached=True), trace(new, 3.0)]
    assert [one.seconds for one in with_earlier(now, earlier)] == [7.0, 3.0]
    assert with_earlier(now, [trace(old, 5.0, cached=True)]) == tuple(now)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1e6)), max_size=20), st.integers(1, 5))
def test_never_more_than_asked_for(measured: list[tuple[float, float]], count: int) -> None:
    """At most `count` for each reason, and no slower one is left out."""
    found = of_quality([share for share, _ in measured])
    traces = [trace(one, seconds) for one, (_, seconds) in zip(found, measured, strict=True)]
    shown = traces_to_show(found, traces, count)
    for why in (SLOWEST, WORST):
        assert sum(why in one.why for one in shown) <= count
    if measured:
        slow = [one.trace.seconds for one in shown if SLOWEST in one.why]
        assert sorted(slow, reverse=True) == sorted((seconds for _, seconds in measured), reverse=True)[:count]


def test_a_broken_line_costs_one_trace() -> None:
    """The file is no evidence: what can't be read is left out."""
    whole = traces_to_jsonl([trace(row(1, 1.0), 1)])
    assert len(traces_from_jsonl(whole + b'{"id": 3}\nnonsense\n')) == 1
