"""Passes events on to the OpenLineage backend that the environment names, if any, without ever holding up a step."""

from __future__ import annotations

import logging
import os
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from roadworthy.lineage.masking import mask

# Late imports below: start-up time.

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import RunEvent

SECONDS = 5.0
"""How long the end of a step waits for a backend."""

_log = logging.getLogger(__name__)


class Forwarding:
    """Sends the events of one run, in order, from a thread of its own.

    The client's own time limit holds for each try, and it tries six times: so the limit that a step needs is kept
    here. The thread is a daemon, which a dead backend can't make outlive the process.
    """

    def __init__(self, job: str) -> None:
        """Begin to wait for the events of one run of `job`."""
        self._job = job
        self._events: SimpleQueue[RunEvent | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"lineage of {job}", daemon=True)
        self._thread.start()

    def send(self, event: RunEvent) -> None:
        """Let the thread send `event`; returns at once."""
        self._events.put(event)

    def finish(self, seconds: float = SECONDS) -> None:
        """Wait until all is sent, but no longer than `seconds`."""
        self._events.put(None)
        self._thread.join(seconds)
        if self._thread.is_alive():
            _log.warning(
                "the OpenLineage backend did not take the events of %s within %g s; they are kept locally",
                self._job,
                seconds,
            )

    def _run(self) -> None:
        try:
            client = _configured_client()
            while (event := self._events.get()) is not None:
                if client is not None:
                    client.emit(event)
        except Exception as error:
            # Whatever a backend does, it must not fail the step; the local events are complete.
            _log.warning(
                "the events of %s were kept locally only, the OpenLineage backend failed: %s",
                self._job,
                mask(str(error)),
            )


def _configured_client() -> OpenLineageClient | None:
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport.noop import NoopConfig, NoopTransport

    # A client without any configuration prints events, so look first: environment and openlineage.yml.
    found = OpenLineageClient(transport=NoopTransport(NoopConfig())).config.transport or {}
    if not found.get("type") and not os.environ.get("OPENLINEAGE_URL"):
        return None
    return OpenLineageClient()
