"""The occasion: a night has passed, and what is older than the policy allows has to go."""

from __future__ import annotations

import logging

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from roadworthy.params.loading import load_params
from roadworthy.settings import Settings
from tasks.perform import PARAMS_FILE
from tasks.retention import Swept, sweep, utc_today
from tasks.stores import open_store


@flow(name="sweep_retention", validate_parameters=False, persist_result=False)
def sweep_retention() -> Swept:
    """Remove telemetry and local logs that are too old, and fail when anything older is left."""
    swept = remove_expired(Settings())
    logging.getLogger("roadworthy").info(
        "removed %d files of contents, %d of events, %d segments and %d logs",
        swept.contents,
        swept.events,
        swept.segments,
        swept.logs,
    )
    return swept


@task(cache_policy=NO_CACHE, persist_result=False)
def remove_expired(settings: Settings) -> Swept:
    """Sweep this machine and the store by the policy in params.yaml."""
    policy = load_params(settings.root.resolve() / PARAMS_FILE).retention
    return sweep(open_store(settings.store_address), settings.home_path, policy, utc_today())
