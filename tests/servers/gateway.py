"""The gateway on a free port of the loopback, as uvicorn runs it, in a thread of the test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from gateway.app import create_app
from gateway.services import Services
from gateway.serving import uvicorn_settings


@dataclass(frozen=True)
class RunningGateway:
    """Where it listens, and what it is made of."""

    url: str
    services: Services
    stop: Callable[[], None]
    """Tells it to stop, as a signal would."""


@contextmanager
def running_gateway(services: Services, **settings: Any) -> Iterator[RunningGateway]:
    """Serve until the block ends; `settings` replace uvicorn's."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(services), **{**uvicorn_settings(), **settings}))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()

    def stop() -> None:
        server.should_exit = True

    try:
        while not server.started:
            assert thread.is_alive(), "the gateway did not start"
            thread.join(0.01)
        yield RunningGateway(f"http://127.0.0.1:{listening.getsockname()[1]}", services, stop)
    finally:
        stop()
        thread.join(30)
