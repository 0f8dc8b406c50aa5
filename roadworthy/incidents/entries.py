"""What the record of incidents is made of: entries, each with one fact about one incident."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from roadworthy.audit.facts import Name
from roadworthy.chain.link import Kept, Link, Moment, Number
from roadworthy.incidents.findings import Figures, Milestones
from roadworthy.incidents.kinds import IncidentKind
from roadworthy.release.entries import Actor

LONGEST = 2000
"""Characters in a text; more belongs into a ticket or the postmortem."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
"""What a person wrote, redacted."""


class Opened(Kept):
    """Somebody said that something goes wrong."""

    kind: Literal["opened"] = "opened"
    incident: Number
    """Counts from 1, over all capabilities."""
    capability: Name
    trouble: IncidentKind
    summary: Text
    started: Moment | None = None
    """When it began, if that is known."""


class Noted(Kept):
    """Something that was seen or done meanwhile."""

    kind: Literal["noted"] = "noted"
    incident: Number
    text: Text
    mitigated: Moment | None = None
    """From this moment on users were no longer hurt; it counts before what the ledger tells."""


class Closed(Kept):
    """It is over: why it came, what will be done, and what it came to as far as it could be read then."""

    kind: Literal["closed"] = "closed"
    incident: Number
    cause: Text
    actions: tuple[Text, ...]
    milestones: Milestones
    figures: Figures | None
    """None when telemetry could not be read. Kept here, because telemetry is removed after a while."""
    not_read: tuple[Text, ...] = ()
    """The sources that could not be read, each with the reason."""


Fact = Opened | Noted | Closed


class IncidentEntry(Link):
    """One fact at its place in the chain."""

    by: Actor
    fact: Annotated[Fact, Field(discriminator="kind")]
