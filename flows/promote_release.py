"""The occasion: somebody approved a release in MLflow, or approves one here; or it is time to look."""

from __future__ import annotations

import logging

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from roadworthy.errors import UsageError
from roadworthy.params.loading import load_params
from roadworthy.release.approval import Wish
from roadworthy.release.ledger import Ledger
from roadworthy.settings import Settings
from tasks.perform import PARAMS_FILE
from tasks.promotion import Outcome, Promotion, fulfil, read_wishes, show
from tasks.registry.connect import connect
from tasks.stores import open_store


@flow(name="promote_release", flow_run_name="promote {capability}", validate_parameters=False, persist_result=False)
def promote_release(capability: str, wish: Wish | None = None, release: int | None = None) -> tuple[Outcome, ...]:
    """Look at every request in MLflow, or at the one `wish` of who starts this here; move what the rule allows.

    With a number, `release`, other releases' requests wait.
    A wish says who asks. Over Prefect's API parameters are JSON, never a wish: nobody can claim to be somebody there.
    """
    if not isinstance(wish, Wish | None):
        raise UsageError(
            "a wish can't be given as a parameter over Prefect's API",
            where="promote_release: wish",
            remedy="approve in MLflow, or with `roadworthy promote RELEASE --approve`",
        )
    promotion = prepare(capability)
    wishes = (wish,) if wish else read(promotion, release)
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


@task(cache_policy=NO_CACHE, persist_result=False)
def read(promotion: Promotion, release: int | None) -> tuple[Wish, ...]:
    """Read what people asked for, of one release or of all."""
    return tuple(wish for wish in read_wishes(promotion) if release in (None, wish.release))


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
