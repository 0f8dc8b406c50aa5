"""A release that goes leaves nothing behind, although what was loaded before serving is left out of collection."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fakes.gateway_services import small_services
from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases, put_in_production
from servers.gateway import RunningGateway, running_gateway
from servers.waiting import eventually

from roadworthy.exchange.kept_answers import Kept, KeptAnswers
from roadworthy.serving.opened import Opened, OpenedAssistant, Wanted

NAME = "help-desk"


@dataclass
class WatchedReleases:
    """Opens small assistants, and knows which of them are still in memory."""

    releases: SmallReleases = field(default_factory=SmallReleases)
    seen: dict[int, list[weakref.ref[Any]]] = field(default_factory=dict)

    def __call__(self, wanted: Wanted, tools_off: Callable[[], bool]) -> Opened:
        """See `OpenRelease`."""
        opened = self.releases(wanted, tools_off)
        assert isinstance(opened, OpenedAssistant)
        parts = (opened, opened.parameters, opened.assistant, opened.assistant.guards, opened.assistant.retriever)
        self.seen[wanted.record.number] = [weakref.ref(part) for part in parts]
        return opened

    def left(self, number: int) -> list[Any]:
        """Return what is left of a release."""
        return [part for ref in self.seen[number] if (part := ref()) is not None]


@pytest.fixture
def without_collection() -> Iterator[None]:
    """Have nothing freed but by the count of its references, as it is for what is frozen."""
    gc.disable()
    yield
    gc.enable()


def ask(gateway: RunningGateway, stream: bool = False) -> str:
    """Ask, and return what the answer says."""
    body = {"model": NAME, "messages": [{"role": "user", "content": "What is the monthly fee?"}], "stream": stream}
    said = httpx.post(f"{gateway.url}/v1/chat/completions", json=body)
    assert said.status_code == 200
    return said.text


@pytest.mark.usefixtures("without_collection")
def test_a_retired_release_is_freed_without_the_collector() -> None:
    """Of a release that was loaded before serving began, answered whole, streamed and refused, nothing is left."""
    store, releases = MemoryStore(), WatchedReleases()
    put_in_production(store, NAME, 1)
    kept = KeptAnswers(Kept(fresh_seconds=60))
    with running_gateway(small_services(store, releases, kept=kept)) as gateway:
        assert gc.get_freeze_count() > 0
        for stream in (False, True, False):
            assert "Release 1" in ask(gateway, stream)
        for number in (2, 3):
            assert releases.left(1)
            put_in_production(store, NAME, number)
            eventually(lambda number=number: f"Release {number}" in ask(gateway))  # type: ignore[misc]
        eventually(lambda: releases.releases.closed == [1])
        eventually(lambda: not releases.left(1), what=releases.seen[1])
        assert releases.left(2)
