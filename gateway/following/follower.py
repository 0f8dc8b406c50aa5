"""The watcher: looks at the ledgers, has releases loaded, and swaps what is served in one assignment."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.following.loaded import Loaded
from gateway.following.served import Served
from roadworthy.assistant.switches import TOOLS
from roadworthy.canary.split import PRODUCTION
from roadworthy.errors import RoadworthyError
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import Standing, standing_of
from roadworthy.serving.opened import OpenRelease, Wanted
from roadworthy.serving.route import Route, route_of
from roadworthy.store import Store

_LOG = logging.getLogger("roadworthy.gateway")
_RETRY_SECONDS = 5.0


@dataclass(frozen=True)
class Failure:
    """A release that could not be loaded, which leaves the one before serving."""

    wanted: Wanted
    problem: str
    at: float
    """By `time.monotonic`."""


class Follower:
    """Serves what the ledgers in `store` say. Used in one event loop; the work is done in threads."""

    def __init__(
        self, store: Store, open_release: OpenRelease, every_seconds: float = 0.2, discover_seconds: float = 5.0
    ) -> None:
        """Look for news of known capabilities every `every_seconds`, and for new ones every `discover_seconds`."""
        self._store = store
        self._open = open_release
        self._every = every_seconds
        self._discover = discover_seconds
        self.served: Mapping[str, Served] = MappingProxyType({})
        """By capability. Replaced as a whole, never changed."""
        self.failures: dict[tuple[str, str], Failure] = {}
        """What could not be loaded, by its key; gone when it could, or nobody wants it any more."""
        self.looked_at = 0.0
        """When the ledgers were last read without an error, by `time.monotonic`."""
        self._sequences: dict[str, int] = {}
        self._routes: dict[str, Route] = {}
        self._loaded: dict[tuple[str, str], Loaded] = {}
        self._loading: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._discovered_at = float("-inf")
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look once, load what is in production, and go on looking until `close`."""
        await self._look()
        while self._loading:
            await asyncio.wait(tuple(self._loading.values()))
            self._settle()
        self._task = asyncio.get_running_loop().create_task(self._keep_looking())

    async def close(self) -> None:
        """Stop looking and close every release."""
        tasks = [task for task in (self._task, *self._loading.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for loaded in self._loaded.values():
            loaded.retire()

    @property
    def is_ready(self) -> bool:
        """Tell whether every capability that has a production release serves it."""
        wanted = {name for name, route in self._routes.items() if route.arms}
        return bool(self.looked_at) and all(name in self.served and self.served[name].loaded for name in wanted)

    def tools_off(self, capability: str) -> bool:
        """Tell whether the capability's tools are switched off; unknown means off."""
        route = self._routes.get(capability)
        return route is None or TOOLS in route.switched_off

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self._look()
            except Exception as error:
                # A store that is away must not end the watch: what is served goes on being served.
                _LOG.warning("the ledgers can't be read: %s", type(error).__name__)

    async def _look(self) -> None:
        """Read what is new, and serve it as far as it is loaded."""
        news = await asyncio.to_thread(self._read)
        self.looked_at = time.monotonic()
        for standing, sequence in news:
            self._sequences[standing.capability] = sequence
            self._routes[standing.capability] = route_of(standing)
        self._settle()

    def _read(self) -> list[tuple[Standing, int]]:
        """Return the capabilities about which there is something new."""
        if time.monotonic() - self._discovered_at > self._discover:
            names = {key.split("/")[1] for key in self._store.keys("ledger/")}
            self._discovered_at = time.monotonic()
        else:
            names = set(self._sequences)
        found = []
        for name in sorted(names):
            known = self._sequences.get(name, 0)
            # One question for one key: a listing would cost more with every entry.
            if self._store.contains(f"ledger/{name}/{known + 1:08d}.json"):
                entries = Ledger(self._store, name).entries()
                found.append((standing_of(name, entries), len(entries)))
        return found

    def _settle(self) -> None:
        """Load what is missing, serve what is there, and let go what nobody wants."""
        wanted = {one.key: one for route in self._routes.values() for one in (*route.arms.values(), *route.standby)}
        now = time.monotonic()
        for key, one in wanted.items():
            failed = self.failures.get(key)
            waits = failed is not None and now - failed.at < _RETRY_SECONDS
            if key not in self._loaded and key not in self._loading and not waits:
                self._loading[key] = asyncio.get_running_loop().create_task(self._load(one))
        self.failures = {key: failure for key, failure in self.failures.items() if key in wanted}
        self.served = MappingProxyType({name: self._serve(name, route) for name, route in self._routes.items()})
        in_service = {loaded.wanted.key for served in self.served.values() for loaded in served.loaded.values()}
        for key in [key for key in self._loaded if key not in wanted and key not in in_service]:
            self._loaded.pop(key).retire()

    def _serve(self, name: str, route: Route) -> Served:
        """Return what can be served of `route`: switches at once, a release when it is loaded."""
        loaded = {arm: self._loaded[one.key] for arm, one in route.arms.items() if one.key in self._loaded}
        before = self.served.get(name)
        if PRODUCTION in route.arms and PRODUCTION not in loaded and before is not None:
            # The one that was served goes on until the new one is ready, or if it never is.
            old = before.loaded.get(PRODUCTION)
            loaded = {PRODUCTION: old, **loaded} if old else loaded
        return Served(route, MappingProxyType(loaded))

    async def _load(self, wanted: Wanted) -> None:
        capability = wanted.capability
        try:
            opened = await asyncio.to_thread(self._open, wanted, lambda: self.tools_off(capability))
        except Exception as error:
            problem = error.problem if isinstance(error, RoadworthyError) else type(error).__name__
            self.failures[wanted.key] = Failure(wanted, problem, time.monotonic())
            _LOG.error("%s@%s can't be loaded: %s", capability, wanted.record.number, problem)
        else:
            self._loaded[wanted.key] = Loaded(wanted, opened)
            self.failures.pop(wanted.key, None)
        finally:
            self._loading.pop(wanted.key, None)
        self._settle()
