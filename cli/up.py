"""`roadworthy up`: the whole house on one machine, under one process; `roadworthy down` ends it from elsewhere."""

# Late imports: start-up time.
from __future__ import annotations

import sys

from roadworthy.settings import Settings
from tasks.house.house import run_house
from tasks.house.log import HouseLog
from tasks.house.part import Part
from tasks.house.parts import house_parts
from tasks.house.record import FOLDER
from tasks.prefect_server import running_server


def raise_house(gateway: bool) -> int:
    """Keep everything up until Ctrl-C. Raises `Busy` when it is up already, or a release is under way."""
    settings = Settings()
    _take_over(settings)
    parts = house_parts(settings, _gateway() if gateway else None)
    log = HouseLog(settings.home_path / FOLDER / "house.log", sys.stdout)
    log.say(f"starting {', '.join(part.name for part in parts)}; Ctrl-C or `roadworthy down` ends them")
    run_house(parts, settings.home_path, log)
    return 0


def _take_over(settings: Settings) -> None:
    """End the servers that a release or `roadworthy ui` has left up: one database has one server."""
    from cli.servers import SERVERS, stop
    from tasks.exclusive import exclusive

    running = [server for name in SERVERS if (server := running_server(settings.home_path / name))]
    if running:
        with exclusive(settings.home_path, "the start of the house"):
            for server in running:
                stop(server)


def _gateway() -> Part:
    from cli.serve import gateway_settings

    where = gateway_settings()
    url = f"http://{where.host}:{where.port}"
    return Part(
        name="gateway",
        command=(sys.executable, "-m", "cli.main", "serve"),
        port=where.port,
        health=f"{url}/healthz",
        page=url,
    )
