"""`roadworthy serve`: the gateway, which serves what the ledgers say, in one process or several."""

# Late imports: start-up time.
from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from roadworthy.errors import Unavailable, UsageError
from roadworthy.settings import GATEWAY_PREFIX, Settings

if TYPE_CHECKING:
    from gateway.settings import GatewaySettings


def serve(host: str | None, port: int | None, workers: int | None) -> int:
    """Serve until somebody stops it. Raises `UsageError` where it must not listen, or not so."""
    # Worker processes read their settings from the environment, as this one does.
    for name, value in {"HOST": host, "PORT": port, "WORKERS": workers}.items():
        if value is not None:
            os.environ[GATEWAY_PREFIX + name] = str(value)
    gateway = gateway_settings()
    _check(gateway)
    _say_doubts(gateway)
    address = f"http://{gateway.host}:{gateway.port}"
    print(f"starting on {address}; {address}/readyz says when it serves  (Ctrl-C ends it)", flush=True)
    _run(gateway)
    return 0


def _say_doubts(gateway: GatewaySettings) -> None:
    """Say what is likely not meant, and no reason not to serve."""
    from roadworthy.budgets.redis_durability import doubts_about

    for doubt in doubts_about(gateway.redis_url.get_secret_value()) if gateway.redis_url else ():
        print(f"warning: {doubt}", file=sys.stderr)


def _run(gateway: GatewaySettings) -> None:
    import uvicorn

    from gateway.serving import uvicorn_settings

    where: dict[str, Any] = {"host": gateway.host, "port": gateway.port, "workers": gateway.workers}
    try:
        uvicorn.run("cli.serving:application", factory=True, **where, **uvicorn_settings())
    except SystemExit as error:
        # It has written why; a port that is taken is the usual reason.
        raise Unavailable(
            "the gateway did not start", remedy="look at what it wrote above; --port takes another one"
        ) from error


def gateway_settings() -> GatewaySettings:
    """Return the gateway's settings. Raises `UsageError` that names the variable which is wrong."""
    from pydantic import ValidationError

    from gateway.settings import GatewaySettings

    try:
        return GatewaySettings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = GATEWAY_PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise UsageError(
            first["msg"], where=name, remedy="`roadworthy serve --help` and docs/gateway.md name them all"
        ) from None


def _check(gateway: GatewaySettings) -> None:
    """Raise `UsageError` where anybody could call, or several workers could not share their limits."""
    from cli.serving import ring_settings
    from roadworthy.access.binding import check_bindable
    from roadworthy.access.key_ring import KeyRing
    from roadworthy.access.key_store import KeyStore
    from tasks.stores import open_store

    ring = KeyRing(KeyStore(open_store(Settings().store_address)), ring_settings(gateway))
    ring.refresh()
    check_bindable(gateway.host, ring, datetime.now(UTC))
    if gateway.workers > 1 and gateway.redis_url is None:
        raise UsageError(
            "several workers would each allow the whole of every limit",
            where=f"{GATEWAY_PREFIX}WORKERS",
            remedy=f"set {GATEWAY_PREFIX}REDIS_URL, through which they share limits, or take one worker",
        )
