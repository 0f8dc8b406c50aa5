"""`/openapi.json`, and `/docs`, which shows it with Swagger UI: no file comes from another host."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.openapi import Document

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        # Swagger UI gives its elements sizes of their own.
        "style-src 'self' 'unsafe-inline'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""Content-Security-Policy (W3C, level 3): only files from here, and no script within markup."""
_HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache"}
_PAGE = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Roadworthy gateway: the API</title>
<link rel="icon" href="/page/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<script src="/docs/swagger-ui-bundle.js" defer></script>
<script src="/docs/start.js" defer></script>
</head>
<body><main id="api"></main></body>
</html>
"""
_START = b"SwaggerUIBundle({url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null});\n"


def docs_routes(document: Document) -> list[Route]:
    """Return the routes of the document, the page and its files; they are read here, once."""
    found = find_spec("fastapi_swagger")
    assert found is not None and found.origin is not None  # noqa: S101  (a dependency)
    package = Path(found.origin).parent / "resources"
    contents = {
        "/openapi.json": (orjson.dumps(document), "application/json"),
        "/docs": (_PAGE, "text/html"),
        "/docs/start.js": (_START, "text/javascript"),
        "/docs/swagger-ui.css": ((package / "swagger-ui.css").read_bytes(), "text/css"),
        "/docs/swagger-ui-bundle.js": ((package / "swagger-ui-bundle.js").read_bytes(), "text/javascript"),
    }
    return [
        Route(path, partial(_send, content, media_type), methods=["GET"], include_in_schema=False)
        for path, (content, media_type) in contents.items()
    ]


async def _send(content: bytes, media_type: str, request: Request) -> Response:
    return Response(content, headers=_HEADERS, media_type=media_type)
