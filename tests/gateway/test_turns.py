"""Turns at a model that runs in this process: one tenant's crowd does not make the others wait for all of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fakes.served_releases import PARAMETERS, SmallReleases, small_parameters

from gateway.turns import Turns
from gateway.visit import Visit
from roadworthy.access.keys import Key, local_key
from roadworthy.exchange.assistant import Switches
from roadworthy.release.entries import Stage
from roadworthy.release.standing import ReleaseRecord
from roadworthy.serving.opened import OpenedAssistant, Wanted

NOW = datetime(2026, 11, 20, tzinfo=UTC)
EMBEDDED = {
    "kind": "embedded",
    "model": "small",
    "weights": [{"uri": "pkg:pypi/small@1#small.gguf", "sha256": "0" * 64}],
    "sha256": "0" * 64,
}


def opened(provider: dict[str, Any]) -> OpenedAssistant:
    """An assistant whose parameters name this provider."""
    record = ReleaseRecord(1, "d" * 64, "c" * 40, True, Stage.PRODUCTION, NOW)
    found = SmallReleases()(Wanted("help-desk", record), lambda: False)
    assert isinstance(found, OpenedAssistant)
    return replace(found, parameters=small_parameters(integrate={**PARAMETERS["integrate"], "provider": provider}))


async def order_of(provider: dict[str, Any], template_only: bool = False) -> tuple[list[str], int]:
    """Twenty requests of one tenant come, then one of another; return who was served in which order, and how many
    at once at most.
    """
    turns, assistant, served = Turns(), opened(provider), []
    at_once = most = 0

    async def ask(tenant: str) -> None:
        nonlocal at_once, most
        key: Key = local_key(NOW).model_copy(update={"tenant": tenant})
        visit = Visit("id")
        visit.deadline = visit.started + 10
        async with turns.turn(visit, key, assistant, Switches(template_only=template_only)):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1
            served.append(tenant)

    async with asyncio.TaskGroup() as group:
        for tenant in ["noisy"] * 20 + ["quiet"]:
            group.create_task(ask(tenant))
    return served, most


def test_tenants_take_turns_at_a_model_of_this_process() -> None:
    """It answers one at a time, and who comes last from another tenant is second or third."""
    served, at_once = asyncio.run(order_of(EMBEDDED))
    assert at_once == 1
    assert served.index("quiet") <= 2


def test_nobody_waits_for_a_model_that_is_elsewhere_or_is_not_asked() -> None:
    """An endpoint has its own limits; and the safe template needs no turn."""
    endpoint = {"kind": "openai", "base_url": "http://127.0.0.1:9", "model": "small", "key_variable": None}
    assert asyncio.run(order_of(endpoint))[1] == 21
    assert asyncio.run(order_of(EMBEDDED, template_only=True))[1] == 21
