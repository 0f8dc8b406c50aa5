"""`roadworthy promote`: reads requests, or approves a release here and now, and moves what the rule allows."""

# Late imports: Prefect's server starts while Prefect is imported.
from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cli.output import print_json
from cli.releases import capabilities_in, find, open_configured_store
from roadworthy.errors import RuleBroken, UsageError
from roadworthy.release.approval import Wish
from roadworthy.release.entries import Stage
from roadworthy.settings import Settings

if TYPE_CHECKING:
    from tasks.promotion import Outcome

APPROVABLE = (Stage.STAGING.value, Stage.CANARY.value, Stage.PRODUCTION.value)


def promote_requested(text: str | None, approve: bool, to: str, as_json: bool) -> int:
    """Look at the requests for one capability or all; return 5 when one was refused."""
    if approve and (text is None or "@" not in text):
        raise UsageError(
            "which release do you approve?",
            where="--approve",
            remedy="name it: roadworthy promote flight-delay@3 --approve",
        )
    wanted = _stage(to)
    _log_to_terminal(as_json)
    if text:
        named = find(text)
        # A capability without a number means all its requests.
        number = named.record.number if "@" in text else None
        outcomes = {named.capability: _promote(named.capability, number, wanted if approve else None)}
    else:
        outcomes = {name: _promote(name, None, None) for name in capabilities_in(open_configured_store())}
    if as_json:
        print_json(outcomes)
    else:
        _show(outcomes)
    refused = any(outcome.reasons for found in outcomes.values() for outcome in found)
    return RuleBroken.exit_code if refused else 0


def _promote(capability: str, release: int | None, approved_for: Stage | None) -> tuple[Outcome, ...]:
    from tasks.prefect_server import await_prefect, begin_prefect, without_heartbeats

    settings = Settings()
    server = begin_prefect(settings)
    wish = _wish(release, approved_for, settings) if approved_for and release else None

    from flows.promote_release import promote_release

    await_prefect(server)
    with without_heartbeats():
        return promote_release(capability, wish, release)


def _wish(release: int, stage: Stage, settings: Settings) -> Wish:
    from tasks.registry.identity import identify_person

    return Wish(release, stage, "roadworthy promote --approve", by=identify_person(settings))


def _stage(text: str) -> Stage:
    if text not in APPROVABLE:
        raise UsageError(f"nobody can approve a release for {text!r}", where="--to", remedy=f"{' | '.join(APPROVABLE)}")
    return Stage(text)


def _log_to_terminal(as_json: bool) -> None:
    if not as_json:
        logger = logging.getLogger("roadworthy")
        logger.addHandler(logging.StreamHandler())
        logger.setLevel(logging.INFO)


def _show(outcomes: dict[str, tuple[Outcome, ...]]) -> None:
    for name, found in outcomes.items():
        for outcome in found:
            title = f"{name}@{outcome.release} → {outcome.wanted} ({outcome.gesture})"
            if outcome.reasons:
                print(f"✘ {title}: refused\n" + "\n".join(f"    {reason}" for reason in outcome.reasons))
            else:
                print(f"✔ {title}: moved to {outcome.wanted}")
        if not found:
            print(f"{name}: nobody asked for anything")
