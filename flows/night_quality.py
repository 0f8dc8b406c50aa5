"""A part of the night: the quality of what assistants answered."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.capability_events import tell_quality_dropped
from roadworthy.alerts.alert import Finding
from roadworthy.errors import RoadworthyError
from roadworthy.live_quality.report import NightQuality, QualityVerdict
from roadworthy.settings import Settings
from roadworthy.store import Store
from tasks.night import Night
from tasks.night_evaluation import evaluate_night
from tasks.quality_alerts import not_scored, quality_findings


@dataclass(frozen=True)
class Scored:
    """What people have to be told of all capabilities' answers, and what kept some from being scored."""

    findings: tuple[Finding, ...]
    errors: tuple[RoadworthyError, ...]


def evaluate_answers(store: Store, settings: Settings, night: Night, tells: bool) -> Scored:
    """Score each capability's answers; what one can't be scored for hides no other's."""
    findings: list[Finding] = []
    errors: list[RoadworthyError] = []
    for one in night.capabilities:
        try:
            findings += quality_findings(evaluate_exchanges(store, settings, night.night, one.capability, tells=tells))
        except RoadworthyError as error:
            errors.append(error)
            findings += not_scored(one.capability)
    return Scored(tuple(findings), tuple(errors))


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
