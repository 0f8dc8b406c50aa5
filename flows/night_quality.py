"""A part of the night: the quality of what assistants answered."""

from __future__ import annotations

import logging
from datetime import date

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.capability_events import tell_quality_dropped
from roadworthy.live_quality.report import NightQuality, QualityVerdict
from roadworthy.settings import Settings
from roadworthy.store import Store
from tasks.night_evaluation import evaluate_night


@task(task_run_name="evaluate {capability}", cache_policy=NO_CACHE, persist_result=False)
def evaluate_exchanges(
    store: Store, settings: Settings, night: date, capability: str, tells: bool
) -> NightQuality | None:
    """Score a sample of real exchanges, and report; a drop asks for a new release where the night `tells`."""
    found = evaluate_night(store, settings, night, capability)
    if found is not None:
        logging.getLogger("roadworthy").info("%s: quality %s: %s", capability, found.verdict, found.reason)
        if tells and found.verdict is QualityVerdict.DROPPED:
            tell_quality_dropped(capability, found.reason)
    return found
