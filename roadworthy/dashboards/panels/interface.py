"""What a panel is: a figure with a unit, as a question to telemetry and as the same question to Prometheus."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EVERY = "$__rate_interval"
"""Grafana's word for a window that always holds several scrapes."""
CHOSEN = 'capability=~"$capability"'
"""What Grafana's choice of capabilities narrows a series to."""


class Unit(StrEnum):
    """In what a panel counts; the value is how people read it."""

    PER_MINUTE = "per minute"
    SHARE = "share"
    """From 0 to 1."""
    SECONDS = "seconds"
    MONEY_PER_HOUR = "currency units an hour"
    COUNT = "count"
    TIMES = "times what matters"

    @property
    def minutes(self) -> int | None:
        """The time that it is per; None for what is not."""
        return {Unit.PER_MINUTE: 1, Unit.MONEY_PER_HOUR: 60}.get(self)


class Source(StrEnum):
    """The view of telemetry that a panel asks; `reading` says how each is made."""

    REQUESTS = "requests"
    PARTS = "parts"
    GUARDS = "guards"
    CALLS = "calls"


@dataclass(frozen=True)
class Measure:
    """One figure of a panel."""

    sql: str
    """An aggregate over the panel's source, null where there is nothing to say; `part(n, whole)` is null of nothing.
    For a unit that is per time, what there is of it in all: the reader divides."""
    promql: str
    """The same in PromQL, by the labels of the panel's `by`."""
    name: str = ""
    """What tells the measures of a panel apart, such as `p95`."""


@dataclass(frozen=True)
class Panel:
    """One figure over time, a series for each combination of what `by` names."""

    key: str
    title: str
    says: str
    """How to read it, in a sentence."""
    unit: Unit
    source: Source
    by: tuple[str, ...]
    """Columns of the source; the labels of the metric have the same names."""
    measures: tuple[Measure, ...]
    alerts: tuple[str, ...] = ()
    """Prometheus' rules that watch this figure."""


@dataclass(frozen=True)
class LivePanel:
    """The condition of the gateways now, which leaves no telemetry: only Grafana can draw it."""

    title: str
    says: str
    unit: Unit
    by: tuple[str, ...]
    promql: str
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dashboard:
    """Panels that are looked at together."""

    key: str
    title: str
    panels: tuple[Panel, ...]
    live: tuple[LivePanel, ...] = ()

    @property
    def alerts(self) -> tuple[str, ...]:
        """The rules that watch one of its panels."""
        both: tuple[Panel | LivePanel, ...] = (*self.panels, *self.live)
        return tuple(alert for panel in both for alert in panel.alerts)


def rate(metric: str, by: str, *only: str) -> str:
    """Return what a counter gains a second, summed by the labels `by`; `only` are further matchers."""
    matchers = ",".join((CHOSEN, *only))
    return f"sum by ({by}) (rate({metric}{{{matchers}}}[{EVERY}]))"


def share(metric: str, by: str, good: str, *of: str) -> str:
    """Return the part of a counter's gain for which `good` holds, of that for which `of` holds."""
    return f"{rate(metric, by, *of, good)} / {rate(metric, by, *of)}"


def quantile(level: float, metric: str, by: str, *only: str) -> str:
    """Return a quantile of a histogram."""
    return f"histogram_quantile({level}, {rate(f'{metric}_bucket', f'{by}, le', *only)})"
