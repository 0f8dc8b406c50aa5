"""The occasion: a night has passed, and what is older than the policy allows has to go."""

from __future__ import annotations

import logging
from datetime import timedelta

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from roadworthy.params.loading import load_params
from roadworthy.settings import Settings
from tasks.dvc_retention import sweep_versions
from tasks.perform import PARAMS_FILE
from tasks.registry.connect import connect
from tasks.retention import Swept, sweep, utc_today
from tasks.stores import open_store
from tasks.trace_retention import sweep_traces


@flow(name="sweep_retention", validate_parameters=False, persist_result=False)
def sweep_retention() -> Swept:
    """Remove telemetry, alerts, caches, logs, traces and data versions that are too old; fail when anything is left.

    Each is swept also when another can't be: a key without a date must not keep MLflow's traces for ever.
    """
    try:
        swept = remove_expired(Settings())
    finally:
        try:
            traces = remove_expired_traces(Settings())
        finally:
            versions = remove_expired_versions(Settings())
    said = "removed %s, %d traces in MLflow and %d objects of DVC's"
    logging.getLogger("roadworthy").info(said, swept, traces, versions)
    return swept


@task(cache_policy=NO_CACHE, persist_result=False)
def remove_expired(settings: Settings) -> Swept:
    """Sweep this machine and the store by the policy in params.yaml."""
    policy = load_params(settings.root.resolve() / PARAMS_FILE).retention
    return sweep(open_store(settings.store_address), settings.home_path, policy, utc_today())


@task(cache_policy=NO_CACHE, persist_result=False)
def remove_expired_versions(settings: Settings) -> int:
    """Remove what DVC keeps of evaluation sets and nobody needs any more."""
    root = settings.root.resolve()
    policy = load_params(root / PARAMS_FILE).retention
    end = utc_today() - timedelta(policy.cache_days)
    return sweep_versions(open_store(settings.store_address), root, settings.home_path, end)


@task(cache_policy=NO_CACHE, persist_result=False)
def remove_expired_traces(settings: Settings) -> int:
    """Remove what MLflow holds of requests, and of rehearsals, as long ago as events are removed."""
    policy = load_params(settings.root.resolve() / PARAMS_FILE).retention
    return sweep_traces(connect(settings), utc_today() - timedelta(policy.event_days))
