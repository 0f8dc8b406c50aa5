"""What an experiment compares, and from where on a difference matters unless somebody says otherwise."""

from __future__ import annotations

from enum import StrEnum


class ExperimentMetric(StrEnum):
    """One measure of each person: the mean over the requests of the first hour with it."""

    SUCCESS = "success"
    """The share of requests that did not fail or time out; one whose client went away is neither."""
    THUMBS = "thumbs"
    """The share of thumbs that are up, among people who gave any."""
    RESOLVED = "resolved"
    """The share of matters that are settled, among people who said so or the contrary."""
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The share answered with "I don't know"."""
    LATENCY = "latency"
    """In seconds."""
    COST = "cost"
    """In the provider's currency."""
    TOKENS = "tokens"
    """Of prompt and answer together."""

    @property
    def more_is_better(self) -> bool:
        """Whether people want more of it."""
        return self in (ExperimentMetric.SUCCESS, ExperimentMetric.THUMBS, ExperimentMetric.RESOLVED)

    @property
    def is_relative(self) -> bool:
        """Whether a smallest effect is a part of control's mean (.1: ten in a hundred); else a difference of shares."""
        return self in (ExperimentMetric.LATENCY, ExperimentMetric.COST, ExperimentMetric.TOKENS)

    @property
    def usual_effect(self) -> float:
        """The smallest effect that matters, where nobody said."""
        if self.is_relative:
            return 0.1
        return 0.05 if self in (ExperimentMetric.THUMBS, ExperimentMetric.RESOLVED) else 0.02
