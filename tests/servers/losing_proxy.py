"""A proxy that passes every request on, but loses the answer to the first write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit


@contextmanager
def losing_the_first_answer(endpoint: str) -> Iterator[tuple[str, list[int]]]:
    """Yield the address of a proxy before `endpoint`, and the HTTP statuses that writes got."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        """Passes on; the signature stays right, because the Host header does."""

        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = HTTPConnection(urlsplit(endpoint).netloc)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if self.command == "PUT":
                statuses.append(answer.status)
                if len(statuses) == 1:
                    self.close_connection = True
                    return
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = pass_on  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        thread = Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_port}", statuses
        finally:
            proxy.shutdown()
            thread.join()
