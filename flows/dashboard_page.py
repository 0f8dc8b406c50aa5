"""The page with the dashboards, drawn when a night is over."""

from __future__ import annotations

import logging

from prefect import task
from prefect.cache_policies import NO_CACHE

from roadworthy.settings import Settings
from roadworthy.store import Store
from tasks.dashboards import full_days, write_dashboards


@task(cache_policy=NO_CACHE, persist_result=False)
def draw_dashboards(store: Store, settings: Settings) -> None:
    """Draw the last full days, whichever night was read; the page that was there stays when that fails."""
    written = write_dashboards(store, settings.root.resolve(), full_days())
    logging.getLogger("roadworthy").info("drew %s: %d requests", written.path, written.events)
