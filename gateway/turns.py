"""Turns at the models that run in this process: they answer few requests at a time, and tenants take turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.visit import Visit
from roadworthy.access.admission.admission import Admission
from roadworthy.access.admission.tickets import Party, Places
from roadworthy.access.keys import Key
from roadworthy.exchange.assistant import Switches
from roadworthy.providers.configuration import EmbeddedConfiguration
from roadworthy.serving.opened import OpenedAssistant


class Turns:
    """One queue for each model that runs here, whichever releases share it; for one event loop."""

    def __init__(self) -> None:
        self._queues: dict[str, Admission] = {}

    @asynccontextmanager
    async def turn(self, visit: Visit, key: Key, opened: OpenedAssistant, switches: Switches) -> AsyncIterator[None]:
        """Wait for a turn at the release's model and keep it; no waiting for a model that is elsewhere, or not asked.

        Raises `Overloaded` when the queue is full, or the request's deadline passes before its turn.
        """
        configuration = opened.parameters.integrate.provider
        if not isinstance(configuration, EmbeddedConfiguration) or switches.template_only:
            yield
            return
        deadline = asyncio.get_running_loop().time() + (visit.deadline - time.monotonic())
        party = Party(key.tenant, key.id, key.concurrency)
        async with self._queue(configuration).admit(party, deadline):
            yield

    def _queue(self, configuration: EmbeddedConfiguration) -> Admission:
        queue = self._queues.get(configuration.sha256)
        if queue is None:
            queue = Admission(Places(at_work=configuration.limits.concurrency))
            self._queues[configuration.sha256] = queue
        return queue
