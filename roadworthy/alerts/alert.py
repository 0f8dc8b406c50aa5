"""The alert: what is wrong with which capability, since when, and what was measured; closed to any content."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from roadworthy.chain.link import Kept, Moment
from roadworthy.incidents.kinds import IncidentKind, kind_of_measure, playbook_of
from roadworthy.service_levels.objectives import Severity


class AlertKind(StrEnum):
    """What is wrong."""

    SERVICE_LEVEL = "service_level"
    """A promise is used up too fast."""
    SPIKE = "spike"
    """Errors, latency, cost or blocks of one interval are beyond what is usual at that hour."""
    DRIFT = "drift"
    QUALITY = "quality"
    NO_DATA = "no_data"
    """Something is live, and nothing was heard of it."""
    CANARY_ROLLED_BACK = "canary_rolled_back"
    CANARY_HELD = "canary_held"
    """A canary has been held for so long that a person has to decide."""
    NOT_LOADED = "not_loaded"
    """A release that has to serve can't be loaded; what served before goes on."""
    NIGHT_MISSING = "night_missing"
    """No report of a night that is over: the watch itself does not run."""
    PARAMS_BROKEN = "params_broken"
    """params.yaml can't be read: what watches goes on by the last one that could, and releases wait."""
    TEST = "test"

    @property
    def passes(self) -> bool:
        """Whether it is something that happened, not something that lasts: it ends by itself, without a message."""
        return self in (AlertKind.CANARY_ROLLED_BACK, AlertKind.TEST)


def _finite(value: object) -> object:
    """A figure that is none, or endless, has no form in JSON; that it was measured so is told as missing."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Figure = Annotated[float | None, BeforeValidator(_finite)]
# Words of ours alone fit into these: a user's text, an address or a secret does not.
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
MaybeWord = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_.-]{0,63})?$")]


def word_of(text: str) -> str:
    """Return a name, such as a column's, in the form that an alert may hold."""
    kept = re.sub(r"[^a-z0-9_.-]+", "_", text.lower()).strip("_.-")
    return (kept if kept[:1].isalpha() else f"x_{kept}")[:64]


class Finding(Kept):
    """What one look found wrong. It becomes an alert, or one more sighting of an alert that is open."""

    kind: AlertKind
    capability: MaybeWord = ""
    """Empty when it is about the house itself."""
    release: int = Field(default=0, ge=0)
    """0 when it is about no release, or about all."""
    severity: Severity
    measure: Word
    """What was measured, such as `success` or `arr_delay`."""
    measured: Figure = None
    bound: Figure = None
    """What it should have stayed within."""

    @property
    def key(self) -> str:
        """What makes two findings the same alert; the figures and the severity may change meanwhile."""
        return f"{self.kind}/{self.capability}/{self.release}/{self.measure}"


class Alert(Kept):
    """A finding that lasts: from the look that first saw it to the one that saw it no more."""

    id: str
    """The start and a digest of the finding's key: `20261123T120000Z-0f3a9c2e`."""
    finding: Finding
    """As the last look saw it."""
    started: Moment
    last_seen: Moment
    count: int = Field(default=1, ge=1)
    """How many looks saw it; those soon after one another count once (`AlertParams.note_minutes`)."""
    resolved: Moment | None = None
    """When a look saw it no more; None while it is open."""

    @property
    def kind(self) -> AlertKind:
        """What is wrong."""
        return self.finding.kind

    @property
    def capability(self) -> str:
        """The capability; empty for the house itself."""
        return self.finding.capability

    @property
    def release(self) -> int:
        """The release's number; 0 for none or all."""
        return self.finding.release

    @property
    def severity(self) -> Severity:
        """How soon a person has to look."""
        return self.finding.severity

    @property
    def group(self) -> str:
        """Alerts of one group share a message: those of one capability and kind."""
        return f"{self.kind}/{self.capability}"

    @property
    def trouble(self) -> IncidentKind:
        """What a person would open an incident for: a promise that is broken, or a spike, goes by what was measured."""
        return _TROUBLES.get(self.kind) or kind_of_measure(self.finding.measure)

    @property
    def runbook(self) -> str:
        """Where the repository says what to do."""
        return playbook_of(self.trouble)


_TROUBLES = {
    AlertKind.DRIFT: IncidentKind.DRIFT,
    AlertKind.QUALITY: IncidentKind.QUALITY,
    AlertKind.NO_DATA: IncidentKind.OUTAGE,
    AlertKind.NOT_LOADED: IncidentKind.OUTAGE,
    AlertKind.NIGHT_MISSING: IncidentKind.OUTAGE,
    AlertKind.PARAMS_BROKEN: IncidentKind.OUTAGE,
    AlertKind.TEST: IncidentKind.OUTAGE,
}
