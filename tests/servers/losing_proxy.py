"""A proxy that passes every request on, but loses the answers to some writes, or dies with the server behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

READS = ("GET", "HEAD")


@dataclass
class Mortal:
    """A server that dies after some writes that were answered, in the next one, which still happens or doesn't."""

    address: str = ""
    writes: int = 0
    last_one_happens: bool = False
    statuses: list[int] = field(default_factory=list)

    def revive(self, writes: int, last_one_happens: bool) -> None:
        """Let it live for so many writes."""
        self.writes, self.last_one_happens = writes, last_one_happens
        self.statuses.clear()

    @property
    def dead(self) -> bool:
        """Whether it answers no more."""
        return len(self.statuses) > self.writes

    def refuses(self, command: str) -> bool:
        """Whether a request is not even passed on."""
        if command not in READS and len(self.statuses) == self.writes and not self.last_one_happens:
            self.statuses.append(0)
        return self.dead


@contextmanager
def losing_the_first_answer(endpoint: str) -> Iterator[tuple[str, list[int]]]:
    """Yield the address of a proxy before `endpoint`, and the HTTP statuses that writes got."""
    statuses: list[int] = []
    with _proxy(endpoint, statuses, loses=lambda seen: len(seen) == 1, refuses=lambda command: False) as address:
        yield address, statuses


@contextmanager
def dying(endpoint: str) -> Iterator[Mortal]:
    """Yield a server like the one at `endpoint` that dies when it is told to, always at the same address."""
    mortal = Mortal()
    with _proxy(endpoint, mortal.statuses, lambda seen: mortal.dead, mortal.refuses) as address:
        mortal.address = address
        yield mortal


@contextmanager
def _proxy(
    endpoint: str, statuses: list[int], loses: Callable[[list[int]], bool], refuses: Callable[[str], bool]
) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        """Passes on; the signature stays right, because the Host header does."""

        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if refuses(self.command):
                self.close_connection = True
                return
            connection = HTTPConnection(urlsplit(endpoint).netloc)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if self.command not in READS:
                statuses.append(answer.status)
                if loses(statuses):
                    self.close_connection = True
                    return
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", answer.getheader("Content-Length") or str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = pass_on  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        thread = Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_port}"
        finally:
            proxy.shutdown()
            thread.join()
