"""Puts the gateway together: the one place where its doors, the store and the tools' opener meet."""

# Late imports: start-up time.
from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING

from roadworthy.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from gateway.services import Services
    from gateway.settings import GatewaySettings
    from roadworthy.access.key_ring import RingSettings
    from roadworthy.access.rates.rates import RateSettings
    from roadworthy.budgets.interface import Budgets

OUTAGE_SHARE = Decimal("0.01")
"""So much of a budget each worker may spend while Redis is away, where that is set."""


def application() -> ASGIApp:
    """Return the gateway as the environment's settings have it; each worker process calls this once."""
    from gateway.app import create_app
    from gateway.settings import GatewaySettings

    return create_app(services_for(Settings(), GatewaySettings()))


def services_for(settings: Settings, gateway: GatewaySettings) -> Services:
    """Put the gateway's services together; nothing is read or started yet."""
    from cli.audited import open_audited
    from gateway.body import BodyLimits
    from gateway.door import Door
    from gateway.following.follower import Follower
    from gateway.metrics.metrics import Metrics
    from gateway.metrics.siblings import Siblings
    from gateway.services import Services
    from gateway.tracing.opening import open_tracing
    from gateway.watching import condition_of
    from roadworthy.access.admission.admission import Admission
    from roadworthy.access.admission.tickets import Places
    from roadworthy.access.key_ring import KeyRing
    from roadworthy.access.key_store import KeyStore
    from roadworthy.access.rates.rates import build_rates
    from roadworthy.audit.queue import AuditQueue
    from roadworthy.drift.served.counter import ServedCounter
    from roadworthy.drift.served.interface import COUNTED
    from roadworthy.drift.served.sealing import seal_counts
    from roadworthy.exchange.kept_answers import Kept, KeptAnswers
    from roadworthy.handover.queue import CaseQueue
    from roadworthy.telemetry.content_policy import ContentPolicy
    from roadworthy.telemetry.opening import open_recorder
    from roadworthy.telemetry.pseudonyms import open_pseudonymiser
    from roadworthy.telemetry.request_ids import RequestIds
    from roadworthy.tools.keyed_digest import keyed_digest
    from tasks.served_releases import ServedReleases
    from tasks.stores import open_store

    store, home = open_store(settings.store_address), settings.home_path
    releases = ServedReleases(store, settings, gateway.most_rows)
    ids = RequestIds(hashlib.sha256(b"request ids" + keyed_digest(home / "keys" / "telemetry.key").key).digest())
    follower = Follower(store, releases, gateway.follow_seconds)
    places = Places(gateway.at_work, gateway.waiting, gateway.waiting_per_tenant)
    metrics = Metrics(lambda: condition_of(services, services.loop), per_tenant=gateway.per_tenant_metrics)
    keeps_content = gateway.content is not ContentPolicy.NONE
    audited = open_audited(store, settings)
    services = Services(
        door=Door(
            ring=KeyRing(KeyStore(store), ring_settings(gateway)),
            rates=build_rates(_rate_settings(gateway)),
            admission=Admission(places),
            ids=ids,
        ),
        follower=follower,
        budgets=_budgets(settings, gateway),
        kept=KeptAnswers(Kept(fresh_seconds=gateway.kept_answer_seconds)),
        recorder=open_recorder(home, store, gateway.content),
        pseudonymiser=open_pseudonymiser(home / "keys" / "telemetry.key"),
        metrics=metrics,
        siblings=Siblings(metrics, home / "gateway" if gateway.workers > 1 else None),
        tracing=open_tracing(),
        body=BodyLimits(gateway.body_bytes, seconds=gateway.body_seconds),
        deadline_seconds=gateway.deadline_seconds,
        keeps_content=keeps_content,
        cases=CaseQueue(store, audited.digests, audited.log.record, lambda _: keeps_content),
        audit=AuditQueue(audited.log),
        close_models=releases.close,
        counting=ServedCounter(home / COUNTED, lambda: seal_counts(home / COUNTED, store)),
    )
    return services


def ring_settings(gateway: GatewaySettings) -> RingSettings:
    """Return how keys are followed: without one, callers come in on loopback alone."""
    from roadworthy.access.binding import is_loopback
    from roadworthy.access.key_ring import RingSettings

    return RingSettings(anonymous=gateway.anonymous_loopback and is_loopback(gateway.host))


def _rate_settings(gateway: GatewaySettings) -> RateSettings:
    from roadworthy.access.rates.rates import RateSettings

    url = gateway.redis_url.get_secret_value() if gateway.redis_url else None
    return RateSettings(url, gateway.on_redis_outage, gateway.workers)


def _budgets(settings: Settings, gateway: GatewaySettings) -> Budgets:
    """Return where spending is kept: in Redis for several machines, else in a file of this one."""
    from roadworthy.budgets.bounded_budgets import BoundedBudgets
    from roadworthy.budgets.kept_budgets import KeptBudgets
    from roadworthy.budgets.redis_budgets import RedisBudgets

    if gateway.redis_url is None:
        return KeptBudgets(settings.home_path / "gateway" / "budgets.sqlite")
    shared = RedisBudgets(gateway.redis_url.get_secret_value())
    return BoundedBudgets(shared, OUTAGE_SHARE) if gateway.on_redis_outage == "local" else shared
