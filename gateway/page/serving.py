"""Serves the page's files: read once, each with its type, a tag for caches, and headers that let nothing else in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
"""Content-Security-Policy (W3C, level 3): only our own files, and no text can become markup or script."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Kept, but asked about each time: after an upgrade no browser shows an old page.
    "Cache-Control": "no-cache",
}
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HTML = "index.html"


@dataclass(frozen=True)
class _File:
    """One file of the page, as it is sent."""

    content: bytes
    media_type: str
    tag: str

    async def answer(self, request: Request) -> Response:
        """Send it, or say that the browser's copy is still right."""
        headers = {**_HEADERS, "ETag": self.tag}
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers=headers, media_type=self.media_type)


def page_routes() -> list[Route]:
    """Return the routes of `/` and of the files below `/page/`; the files are read here, once."""
    routes = []
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in _TYPES:
            address = "/" if path.name == _HTML else f"/page/{path.name}"
            routes.append(Route(address, _read(path).answer, methods=["GET"], include_in_schema=False))
    return routes


def _read(path: Path) -> _File:
    content = path.read_bytes()
    return _File(content, _TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
