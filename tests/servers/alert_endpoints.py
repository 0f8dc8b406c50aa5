"""Small real servers that take alerts: webhooks (also those that chats have) and e-mail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """A running webhook: what it took, and what it says to the next ones."""

    host: str
    """With its port."""
    taken: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """Of the next answers; then 200."""
    asked: int = 0
    held: threading.Event = field(default_factory=threading.Event)
    """Cleared, it answers nobody until it is set."""


@contextmanager
def running_webhook() -> Iterator[Webhook]:
    """Serve on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}"
            hook.asked += 1
            hook.held.wait(30)
            status = hook.statuses.pop(0) if hook.statuses else 200
            if status == 200:
                hook.paths.append(self.path)
                hook.taken.append(json.loads(content))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        # A client that gave up is no error of a test.
        handle_error = lambda *_: None  # noqa: E731

    server = Server(("127.0.0.1", 0), Handler)
    hook = Webhook(f"127.0.0.1:{server.server_port}")
    hook.held.set()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield hook
    finally:
        hook.held.set()
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    """A running SMTP server, and the letters that it took: subject, then text."""

    host: str
    letters: list[tuple[str, str]] = field(default_factory=list)
    refusing: bool = False

    def cut(self) -> None:
        """Take nothing more."""
        self.refusing = True


@contextmanager
def running_mailbox() -> Iterator[Mailbox]:
    """Take e-mail on a free port of the loopback."""
    import socket

    from aiosmtpd.controller import Controller

    class Taking:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
            if box.refusing:
                return "451 not now"
            letter = message_from_bytes(envelope.content, policy=policy.default)
            part = letter.get_body(("plain", "html"))
            box.letters.append((str(letter["subject"]), str(part.get_content()) if part else ""))
            return "250 OK"

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(Taking(), hostname="127.0.0.1", port=port)
    controller.start()
    box = Mailbox(f"127.0.0.1:{port}")
    try:
        yield box
    finally:
        controller.stop()
