"""How uvicorn runs the gateway, in production and in tests alike."""

from __future__ import annotations

from typing import Any

KEEP_ALIVE_SECONDS = 75
SHUTDOWN_SECONDS = 30
"""So long a request that is being answered may take when the process is told to stop."""


def uvicorn_settings() -> dict[str, Any]:
    """Return uvicorn's settings: its fast parts, and no log of requests, which telemetry has."""
    return {
        "loop": "uvloop",
        # httptools, with bounds for what a connection may take.
        "http": "gateway.protocol:BoundedProtocol",
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "server_header": False,
        "log_level": "warning",
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
        # A client does not say who it is: behind a proxy, its address is of no interest here.
        "proxy_headers": False,
    }
