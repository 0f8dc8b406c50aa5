"""What every kind of drift says of a night: a state, an effect, its evidence, and the culprits, the first one first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.evidence.interface import Basis

SCHEMA_VERSION = 1
"""The version of observations that are understood here; one that is higher may mean something else."""


class DriftKind(StrEnum):
    """What can drift."""

    FEATURES = "features"
    """A trained model's inputs."""
    LABELS = "labels"
    """What turned out to be true, by the time of the event."""
    TOPICS = "topics"
    """What an assistant is asked about."""
    PROMPTS = "prompts"
    """What an assistant is told to do."""
    TOOLS = "tools"
    """What its tools return."""
    RETRIEVAL = "retrieval"
    """What its documents answer."""


class State(StrEnum):
    """What is said of a kind on one night; from the least to say to the most."""

    NO_REFERENCE = "no_reference"
    """There is nothing to compare with: the reference is gone, or held no rows."""
    UNKNOWN_SCHEMA = "unknown_schema"
    """A newer version wrote the observations, or they are damaged: their numbers may mean something else."""
    NO_DATA = "no_data"
    """There were no rows. Not a good sign, and no sign of drift."""
    NO_LABELS = "no_labels"
    """Time for labels is over, and none came."""
    WAITING = "waiting"
    """Labels may still come."""
    TOO_FEW = "too_few"
    STEADY = "steady"
    """No more change than nights have by themselves."""
    WATCH = "watch"
    """A change that matters with too little evidence for an alarm, or one that is sure, but too small to matter."""
    DRIFT = "drift"
    """A change that matters and is not chance: an alarm."""

    @property
    def judged(self) -> bool:
        """Whether there was enough to judge by."""
        return self in (State.STEADY, State.WATCH, State.DRIFT)


class CulpritKind(StrEnum):
    """What can be the root of a change."""

    FEATURE = "feature"
    LABEL = "label"
    SEGMENT = "segment"
    TOPIC = "topic"
    TEMPLATE = "template"
    RELEASE = "release"
    TOOL = "tool"
    DOCUMENT = "document"
    INDEX = "index"
    """The index as a whole: its settings or its embedder, not one document."""


@dataclass(frozen=True)
class Culprit:
    """What moved; digests, ids and names of the reference, never what a user wrote."""

    kind: CulpritKind
    name: str
    detail: str
    """What became of it, in one line."""
    effect: float
    """How large the change is beside what matters: from 1 on it does."""
    p_value: float
    """Adjusted for all that was looked at in this kind; 1 where the effect does not matter."""
    own: bool = True
    """False for what another kind's drift may bring about, such as a longer prompt by longer questions."""


@dataclass(frozen=True)
class KindVerdict:
    """What is said of one kind on one night."""

    kind: DriftKind
    day: date
    state: State
    reason: str
    """Why it is this state, in one line."""
    rows: int = 0
    effect: float = 0.0
    """The largest effect beside what matters: from 1 on it does."""
    p_value: float = 1.0
    """Of the first culprit, adjusted; 1 where nothing was found."""
    level: float = 0.0
    """The probability of an alarm on a night on which nothing has changed, at most."""
    nights: int = 0
    """Of the reference, with which it was compared."""
    basis: Basis | None = None
    """On what the evidence rests; None when nothing was judged."""
    culprits: tuple[Culprit, ...] = ()
    """What moved, the likeliest root first; empty unless the state is `drift` or `watch`."""

    @property
    def own(self) -> bool:
        """Whether some of it can't be what another kind's drift brought about."""
        return any(one.own for one in self.culprits)


class Observed(Protocol):
    """What was observed of one kind on one day."""

    @property
    def day(self) -> date:
        """The UTC date."""

    @property
    def schema(self) -> int:
        """The version of what wrote it."""


Seen = TypeVar("Seen", bound=Observed, contravariant=True)


class KindWatch(Protocol[Seen]):
    """Watches one kind of drift. It has learned a reference; the same night always gets the same verdict."""

    @property
    def kind(self) -> DriftKind:
        """What it watches."""

    def judge(self, tonight: Seen, policy: AlarmPolicy) -> KindVerdict:
        """Compare a night with the reference; with a named state, and no error, whatever the night holds.

        Where nothing has changed it raises an alarm with a probability of `policy.level` at most.
        """
