"""Following the ledgers: swaps are atomic, switches are immediate, and a broken release changes nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases, put_in_production, record, release, roll_back

from gateway.following.follower import Follower
from roadworthy.canary.split import CANARY, PRODUCTION
from roadworthy.release.entries import CanaryShared, ExperimentStarted, Stage, SwitchedOff, SwitchedOn

NAME = "help-desk"


@asynccontextmanager
async def following(store: MemoryStore, releases: SmallReleases) -> AsyncIterator[Follower]:
    """A follower that looks often."""
    follower = Follower(store, releases, every_seconds=0.01, discover_seconds=0.02)
    await follower.start()
    try:
        yield follower
    finally:
        await follower.close()


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds, five seconds at most."""
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


def live(follower: Follower, arm: str = PRODUCTION) -> int:
    """The number of the release that an arm serves; 0 for none."""
    served = follower.served.get(NAME)
    return served.loaded[arm].wanted.record.number if served and arm in served.loaded else 0


@pytest.fixture
def store() -> MemoryStore:
    """A store in which release 1 is in production."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    return store


async def _promotions(store: MemoryStore) -> None:
    async with following(store, SmallReleases()) as follower:
        assert live(follower) == 1
        assert follower.is_ready
        put_in_production(store, NAME, 2)
        await eventually(lambda: live(follower) == 2)
        roll_back(store, NAME, 2)
        await eventually(lambda: live(follower) == 1)


def test_what_is_promoted_or_rolled_back_is_served(store: MemoryStore) -> None:
    """Without a restart, the ledger's production release answers."""
    asyncio.run(_promotions(store))


def test_a_rollback_finds_its_release_loaded(store: MemoryStore) -> None:
    """The release before is kept ready, so that going back opens nothing."""

    async def scenario() -> None:
        releases = SmallReleases()
        put_in_production(store, NAME, 2)
        async with following(store, releases) as follower:
            await eventually(lambda: sorted(releases.opened) == [1, 2])
            roll_back(store, NAME, 2)
            await eventually(lambda: live(follower) == 1)
            assert sorted(releases.opened) == [1, 2]

    asyncio.run(scenario())


def test_a_release_that_cannot_be_loaded_leaves_the_old_one(store: MemoryStore) -> None:
    """It goes on serving, the failure is told, and a later release takes over."""

    async def scenario() -> None:
        async with following(store, SmallReleases(broken={2})) as follower:
            put_in_production(store, NAME, 2)
            await eventually(lambda: bool(follower.failures))
            assert live(follower) == 1
            assert "digest" in next(iter(follower.failures.values())).problem
            put_in_production(store, NAME, 3)
            await eventually(lambda: live(follower) == 3)

    asyncio.run(scenario())


def test_a_slow_load_delays_no_switch(store: MemoryStore) -> None:
    """While a release is being loaded, a kill switch takes effect on the one that serves."""

    async def scenario() -> None:
        loading = threading.Event()
        async with following(store, SmallReleases(hold={2: loading})) as follower:
            put_in_production(store, NAME, 2)
            record(store, NAME, SwitchedOff(target="tools", reason="test"))
            await eventually(lambda: follower.served[NAME].switches.tools_off)
            assert follower.tools_off(NAME)
            assert live(follower) == 1
            record(store, NAME, SwitchedOn(target="tools", reason="test"))
            await eventually(lambda: not follower.tools_off(NAME))
            loading.set()
            await eventually(lambda: live(follower) == 2)

    asyncio.run(scenario())


def test_a_release_in_use_is_closed_when_its_last_request_ends(store: MemoryStore) -> None:
    """A request that began before a swap ends with the release it began with."""

    async def scenario() -> None:
        releases = SmallReleases()
        async with following(store, releases) as follower:
            old = follower.served[NAME].loaded[PRODUCTION]
            with old.in_use():
                for number in (2, 3):
                    put_in_production(store, NAME, number)
                    await eventually(lambda number=number: live(follower) == number)  # type: ignore[misc]
                assert 1 not in releases.closed
            await eventually(lambda: 1 in releases.closed)
            assert 2 not in releases.closed, "it is what a rollback would serve"

    asyncio.run(scenario())


def test_canary_and_experiment_get_their_shares(store: MemoryStore) -> None:
    """A canary starts with five in a hundred, the ledger sets another share; an experiment names both its arms."""

    async def scenario() -> None:
        async with following(store, SmallReleases()) as follower:
            release(store, NAME, 2, Stage.STAGING, Stage.CANARY)
            await eventually(lambda: live(follower, CANARY) == 2)
            assert 0.04 < share(follower, CANARY) < 0.06
            record(store, NAME, CanaryShared(release=2, share=0.5, reason="test"))
            await eventually(lambda: 0.48 < share(follower, CANARY) < 0.52)
            release(store, NAME, 3, Stage.STAGING)
            record(store, NAME, ExperimentStarted(name="shorter", release=3, share=0.5, hypothesis="it is better"))
            await eventually(lambda: live(follower, "shorter/treatment") == 3)
            assert 0.23 < share(follower, "shorter/treatment") < 0.27
            assert 0.23 < share(follower, "shorter/control") < 0.27

    def share(follower: Follower, arm: str) -> float:
        people = [follower.served[NAME].choose(f"person {number}") for number in range(4000)]
        return sum(choice is not None and choice.arm == arm for choice in people) / len(people)

    asyncio.run(scenario())


def test_an_arm_that_is_not_loaded_is_answered_by_production(store: MemoryStore) -> None:
    """A canary that can't be loaded costs nobody an answer."""

    async def scenario() -> None:
        async with following(store, SmallReleases(broken={2})) as follower:
            release(store, NAME, 2, Stage.STAGING, Stage.CANARY)
            record(store, NAME, CanaryShared(release=2, share=1.0, reason="test"))
            await eventually(lambda: bool(follower.failures))
            choice = follower.served[NAME].choose("anybody")
            assert choice is not None
            assert (choice.arm, choice.loaded.name) == (PRODUCTION, f"{NAME}@1")

    asyncio.run(scenario())


def test_a_store_that_is_away_leaves_everything_serving(store: MemoryStore) -> None:
    """The ledgers can be out of reach for a day: what was served is served, and what changed is seen afterwards."""

    class Away(MemoryStore):
        away = False

        def contains(self, key: str) -> bool:
            if self.away:
                raise OSError("no route to host")
            return store.contains(key)

    async def scenario() -> None:
        away = Away()
        for key in store.keys(""):
            away.create(key, store.read(key))
        async with following(away, SmallReleases()) as follower:
            away.away = True
            looked = follower.looked_at
            await asyncio.sleep(0.1)
            assert (live(follower), follower.looked_at) == (1, looked)

    asyncio.run(scenario())


def test_a_new_capability_is_found() -> None:
    """A first release needs no restart either."""

    async def scenario() -> None:
        store = MemoryStore()
        async with following(store, SmallReleases()) as follower:
            assert follower.served == {}
            put_in_production(store, NAME, 1)
            await eventually(lambda: live(follower) == 1)

    asyncio.run(scenario())
