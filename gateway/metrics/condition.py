"""The gateway's condition at the moment of reading: what is served, waiting, switched off, spent and lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

MOST_ACCOUNTS = 200
DIGEST_PREFIX = 12


@dataclass(frozen=True)
class Serving:
    """A release that gets traffic."""

    capability: str
    release: int
    digest: str
    arm: str
    share: float
    """Of the capability's traffic, from 0 to 1."""


@dataclass(frozen=True)
class Followed:
    """A ledger that is followed."""

    capability: str
    age_seconds: float
    """Since the last look that went well."""


@dataclass(frozen=True)
class SwitchedOff:
    """Something that an operator has switched off."""

    capability: str
    target: str


@dataclass(frozen=True)
class NotLoaded:
    """A release that should serve, and could not be loaded."""

    capability: str
    release: int


@dataclass(frozen=True)
class Queue:
    """Work that waits."""

    name: str
    length: int


@dataclass(frozen=True)
class Account:
    """A key's budget. Where workers share it, each of them says the same: take the maximum, not the sum."""

    key: str
    """The key's id, never the key."""
    currency: str
    spent: Decimal
    limit: Decimal


@dataclass(frozen=True)
class Condition:
    """All of it."""

    in_flight: int = 0
    queues: tuple[Queue, ...] = ()
    lost_events: int = 0
    """Since the start."""
    lost_spans: int = 0
    """Since the start."""
    serving: tuple[Serving, ...] = ()
    followed: tuple[Followed, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()
    not_loaded: tuple[NotLoaded, ...] = ()
    accounts: tuple[Account, ...] = ()


class ConditionCollector(Collector):
    """Asks for the condition at every reading, so that what is gone leaves no series behind."""

    def __init__(self, condition: Callable[[], Condition]) -> None:
        self._condition = condition

    def collect(self) -> Iterator[Metric]:
        """Yield the families; when the condition can't be had only the one that says so."""
        readable = GaugeMetricFamily("roadworthy_condition_readable", "1 when the gateway could say how it is.")
        try:
            families = list(_families(self._condition()))
        except Exception:
            # The figures about requests are worth more than a complete reading.
            families = []
        readable.add_metric([], float(bool(families)))
        yield readable
        yield from families


def _families(now: Condition) -> Iterator[Metric]:
    yield GaugeMetricFamily("roadworthy_requests_in_flight", "Requests being worked on.", value=now.in_flight)
    yield CounterMetricFamily("roadworthy_telemetry_lost_events", "Events that were lost.", value=now.lost_events)
    yield CounterMetricFamily("roadworthy_tracing_lost_spans", "Spans that could not be sent.", value=now.lost_spans)
    queues = GaugeMetricFamily("roadworthy_queue_length", "Work that waits.", labels=["queue"])
    for queue in now.queues:
        queues.add_metric([queue.name], queue.length)
    yield queues
    yield from _of_releases(now)
    yield from _of_accounts(now)


def _of_releases(now: Condition) -> Iterator[Metric]:
    labels = ["capability", "release", "digest", "arm"]
    shares = GaugeMetricFamily("roadworthy_release_share_ratio", "Releases and their share of traffic.", labels=labels)
    for one in now.serving:
        shares.add_metric([one.capability, str(one.release), one.digest[:DIGEST_PREFIX], one.arm], one.share)
    yield shares
    ages = GaugeMetricFamily(
        "roadworthy_ledger_age_seconds", "Since the last look at the ledger that went well.", labels=["capability"]
    )
    for ledger in now.followed:
        ages.add_metric([ledger.capability], ledger.age_seconds)
    yield ages
    failed = GaugeMetricFamily(
        "roadworthy_release_not_loaded",
        "1 for a release that should serve and could not be loaded.",
        labels=["capability", "release"],
    )
    for one_failed in now.not_loaded:
        failed.add_metric([one_failed.capability, str(one_failed.release)], 1)
    yield failed
    off = GaugeMetricFamily("roadworthy_switched_off", "1 for what is switched off.", labels=["capability", "target"])
    for switch in now.switched_off:
        off.add_metric([switch.capability, switch.target], 1)
    yield off


def _of_accounts(now: Condition) -> Iterator[Metric]:
    labels = ["key", "currency"]
    spent = GaugeMetricFamily("roadworthy_budget_spent", "What a key has spent in its period.", labels=labels)
    limit = GaugeMetricFamily("roadworthy_budget_limit", "What a key may spend in its period.", labels=labels)
    for account in sorted(now.accounts, key=_left)[:MOST_ACCOUNTS]:
        spent.add_metric([account.key, account.currency], float(account.spent))
        limit.add_metric([account.key, account.currency], float(account.limit))
    yield spent
    yield limit


def _left(account: Account) -> Decimal:
    """Order the accounts: those that come to their end first."""
    return account.limit - account.spent
