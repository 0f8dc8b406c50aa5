"""The postmortem's draft has the figures, asks for the rest, names nobody, and stays text whatever people wrote."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.bad_release import ANN, CAPABILITY, book, minute
from fakes.memory_store import MemoryStore
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.incidents.changes import Found, closing, opening
from roadworthy.incidents.findings import BudgetSpent, Milestones
from roadworthy.incidents.incident import Incident
from roadworthy.incidents.kinds import IncidentKind
from roadworthy.incidents.postmortem import draft_postmortem, plain, span, took
from roadworthy.incidents.timeline import Happening, Reading, Source, timeline_of

HOSTILE = "a | b\n# Heading\n<script>x</script> [link](http://x) `code` \\| end"


def an_incident(summary: str = "Nothing answers", close: bool = True) -> Incident:
    """Return an incident of which no figures and no start are known."""
    store = MemoryStore()
    opened = book(store, minute(0)).record(opening(CAPABILITY, IncidentKind.OUTAGE, summary), ANN)
    if not close:
        return opened
    milestones = Milestones(started=None, detected=minute(0), detected_by="a person", ended=minute(9))
    found = Found(milestones, None, ("traffic: it is down",))
    return book(store, minute(10)).record(closing("inc-1", summary, (summary, "Watch it"), found), ANN)


def a_timeline(text: str = "moved to production", problem: str = "it is down"):
    """Return a timeline with one line by Ann, and a source that can't be read."""
    line = Happening(minute(1), Source.LEDGER, text, who="ann", release=2)
    readings = (Reading(Source.LEDGER, (line,)), Reading(Source.TRAFFIC, problem=problem))
    return timeline_of(readings, minute(-9), minute(9))


def test_what_is_not_known_says_so() -> None:
    """No figure is taken for zero; what could not be read and what clocks contradict is told."""
    draft = draft_postmortem(an_incident(), a_timeline(), ("entry 2: its clock was behind",))
    for words in (
        "| began | not known; spans count from the detection |",
        "| mitigated | not known |",
        "| time to detect | not known |",
        "| duration | 0:09:00 |",
        "Not known: telemetry could not be read",
        "- not read: traffic: it is down",
        "- clocks: entry 2: its clock was behind",
        "| 2024-07-14 10:01:00 | ledger | @2: moved to production |",
    ):
        assert words in draft
    assert "ann" not in draft.split()


def test_an_open_incident_has_none() -> None:
    """It looks back."""
    with pytest.raises(UsageError, match="still open"):
        draft_postmortem(an_incident(close=False), a_timeline())


def test_what_people_wrote_stays_text() -> None:
    """No heading, table cell, tag, link or code comes from a summary, an action, a reason or an error."""
    draft = draft_postmortem(an_incident(HOSTILE), a_timeline(HOSTILE, HOSTILE), (HOSTILE,))
    quiet = draft_postmortem(an_incident("quiet"), a_timeline("quiet", "quiet"), ("quiet",))
    assert [line for line in draft.splitlines() if line.startswith("## ")] == [
        line for line in quiet.splitlines() if line.startswith("## ")
    ]
    assert draft.count("\n") == quiet.count("\n")
    assert "<script>" not in draft.replace("\\<", "")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_text_is_one_line_without_marks(text: str) -> None:
    """Each mark that would begin a cell, a tag, a link or code stands behind a backslash of its own."""
    found = plain(text)
    assert "\n" not in found
    bare = found.replace("\\\\", "")
    for mark in "|<[`":
        assert bare.count(mark) == bare.count(f"\\{mark}")


@pytest.mark.parametrize(
    ("used", "allowed", "left", "words"),
    [
        (5, 10, 0.5, "took 50.0% of it; 50.0% was left"),
        (30, 10, -2.0, "took 300.0% of it; it was overspent by 200.0%"),
        (0, 0, None, "no request"),
    ],
)
def test_budgets_are_told_in_words(used: float, allowed: float, left: float | None, words: str) -> None:
    """Of a budget that there was not, nothing is taken."""
    assert words in took(BudgetSpent(promise="success", window_days=30, used=used, allowed=allowed, left=left))


def test_spans_are_whole_seconds() -> None:
    """Longer than a day, too."""
    assert [span(one) for one in (timedelta(days=2, seconds=3.4), timedelta(), None)] == [
        "2 days, 0:00:03",
        "0:00:00",
        "not known",
    ]
