"""The postmortem's draft, in Markdown: figures and timeline are filled in, what only people know is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from roadworthy.errors import UsageError
from roadworthy.incidents.findings import BudgetSpent
from roadworthy.incidents.incident import Incident
from roadworthy.incidents.kinds import playbook_of
from roadworthy.incidents.timeline import Timeline
from roadworthy.templates import text_templates

NOT_KNOWN = "not known"


def draft_postmortem(incident: Incident, timeline: Timeline, doubts: Iterable[str] = ()) -> str:
    """Return the draft of an incident that is closed; the same record and timeline give the same text.

    Its sections follow Beyer et al., Site Reliability Engineering (2016), appendix D. People are not named in it.
    Raises `UsageError` when the incident is still open.
    """
    if incident.closed is None:
        raise UsageError(
            f"{incident.id} is still open, and a postmortem looks back.",
            where=incident.id,
            remedy=f"Close it first: `roadworthy incident close {incident.id} --cause … --action …`.",
        )
    # Markdown, not HTML: `plain` takes out what could be either.
    environment = text_templates("roadworthy.incidents")
    environment.filters |= {"plain": plain, "moment": moment, "span": span, "took": took}
    return environment.get_template("postmortem.md").render(
        incident=incident,
        closed=incident.closed,
        milestones=incident.closed.milestones,
        figures=incident.closed.figures,
        timeline=timeline,
        playbook=playbook_of(incident.kind),
        doubts=tuple(doubts),
    )


def plain(text: str) -> str:
    """Return a text in one line that stays text in a table, a list and on a page: no cells, tags or links."""
    one_line = " ".join(text.split())
    for mark in "\\|<[`":
        one_line = one_line.replace(mark, f"\\{mark}")
    return one_line


def moment(value: datetime | None) -> str:
    """Return a moment in UTC for people."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if value else NOT_KNOWN


def span(value: timedelta | None) -> str:
    """Return a span of time for people, in whole seconds."""
    return str(timedelta(seconds=round(value.total_seconds()))) if value is not None else NOT_KNOWN


def took(budget: BudgetSpent) -> str:
    """Return what an incident took of a budget, for people."""
    if budget.part is None or budget.left is None:
        return "no request in those days, so there was none to take from"
    left = f"{budget.left:.1%} was left" if budget.left >= 0 else f"it was overspent by {-budget.left:.1%}"
    return f"the incident took {budget.part:.1%} of it; {left} at the end"
