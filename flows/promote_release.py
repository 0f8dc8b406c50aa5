"""The occasion: somebody approved a release in MLflow, or approves one here; or it is time to look."""

from __future__ import annotations

import logging

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from roadworthy.params.loading import load_params
from roadworthy.release.approval import Wish
from roadworthy.release.entries import Actor, Stage
from roadworthy.release.ledger import Ledger
from roadworthy.settings import Settings
from tasks.perform import PARAMS_FILE
from tasks.promotion import Outcome, Promotion, fulfil, read_wishes, show
from tasks.registry.connect import connect
from tasks.stores import open_store


@flow(name="promote_release", flow_run_name="promote {capability}", validate_parameters=False, persist_result=False)
def promote_release(
    capability: str, release: int | None = None, approver: str | None = None, authenticated: bool = False
) -> tuple[Outcome, ...]:
    """Look at every request in MLflow, or approve `release` in the name of `approver`; move what the rule allows."""
    promotion = prepare(capability)
    wishes = own_wish(release, approver, authenticated) or read(promotion)
    outcomes = tuple(decide(promotion, wish) for wish in wishes)
    mirror(promotion, outcomes)
    return outcomes


@task(cache_policy=NO_CACHE, persist_result=False)
def prepare(capability: str) -> Promotion:
    """Connect to MLflow and the ledger."""
    settings = Settings()
    ledger = Ledger(open_store(settings.store_address), capability)
    rule = load_params(settings.root.resolve() / PARAMS_FILE).approval
    return Promotion(settings, ledger, connect(settings, _say), rule)


def own_wish(release: int | None, approver: str | None, authenticated: bool) -> tuple[Wish, ...]:
    """Return the wish of the person who started this flow, if it names a release."""
    if release is None or approver is None:
        return ()
    by = Actor(name=approver, authenticated=authenticated)
    return (Wish(release, Stage.PRODUCTION, "roadworthy promote --approve", by),)


@task(cache_policy=NO_CACHE, persist_result=False)
def read(promotion: Promotion) -> tuple[Wish, ...]:
    """Read what people asked for."""
    return read_wishes(promotion)


@task(task_run_name="decide on release {wish.release}", cache_policy=NO_CACHE, persist_result=False)
def decide(promotion: Promotion, wish: Wish) -> Outcome:
    """Rule on one request, and carry it out or refuse it."""
    return fulfil(promotion, wish, _say)


@task(cache_policy=NO_CACHE, persist_result=False)
def mirror(promotion: Promotion, outcomes: tuple[Outcome, ...]) -> None:
    """Make MLflow say what the ledger says."""
    show(promotion, outcomes)


def _say(text: str) -> None:
    logging.getLogger("roadworthy").info(text)
