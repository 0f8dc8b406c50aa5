"""Which parts the house has: Prefect's server and worker, the schedules, MLflow, the gateway and the sentry."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from roadworthy.settings import Settings
from tasks.house.part import Part
from tasks.mlflow_server import MLFLOW_ENVIRONMENT, mlflow_command
from tasks.prefect_server import LOOPBACK, free_port, prefect_command, prefect_environment
from tasks.registry.connect import tracking_uri
from tasks.workers import QUIET

POOL = "roadworthy"
"""The work pool whose runs the worker takes, as deployments/prefect.yaml names it."""
HEARTBEAT_SECONDS = 30
"""How often a run says that it lives; deployments/automations.yaml waits for three of them."""


def house_parts(settings: Settings, gateway: Part | None) -> tuple[Part, ...]:
    """Return the parts; a server that the environment names somewhere else is used, not started."""
    prefect = _prefect(settings) if not os.environ.get("PREFECT_API_URL") else None
    address = f"http://{LOOPBACK}:{prefect.port}/api" if prefect else os.environ["PREFECT_API_URL"]
    others = (prefect, _mlflow(settings), *_scheduled(settings, address), gateway, _sentry(settings, gateway))
    return tuple(replace(part, environment=_calm(part.environment)) for part in others if part)


def _prefect(settings: Settings) -> Part:
    folder, port = settings.home_path / "prefect", free_port(settings.prefect_port)
    url = f"http://{LOOPBACK}:{port}"
    return Part(
        name="prefect",
        command=tuple(prefect_command(port)),
        environment={**prefect_environment(port), "PREFECT_HOME": str(folder)},
        port=port,
        health=f"{url}/api/health",
        page=url,
        folder=folder,
    )


def _mlflow(settings: Settings) -> Part | None:
    uri, folder = tracking_uri(settings), settings.home_path / "mlflow"
    if uri.startswith(("http://", "https://")):
        return None
    port = free_port(settings.mlflow_port)
    url = f"http://{LOOPBACK}:{port}"
    return Part(
        name="mlflow",
        command=tuple(mlflow_command(uri, folder, port)),
        environment=MLFLOW_ENVIRONMENT,
        port=port,
        health=f"{url}/health",
        page=url,
        folder=folder,
    )


def _scheduled(settings: Settings, address: str) -> tuple[Part, Part]:
    """Return what applies the schedules once, and the worker that runs what they start."""
    environment = {
        "PREFECT_API_URL": address,
        "PREFECT_HOME": str(settings.home_path / "prefect"),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "roadworthy",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        # A shell's own may be a link, or missing; deployments/prefect.yaml names it.
        "PWD": str(Path.cwd()),
    }
    python = (sys.executable, "-m")
    schedules = Part("schedules", (*python, "tasks.schedules"), environment, after=("prefect",), once=True)
    start = ("prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", POOL)
    return schedules, Part("worker", (*python, *start), environment, after=("prefect", "schedules"))


def _sentry(settings: Settings, gateway: Part | None) -> Part:
    """Return what tells people when something is wrong: it needs no other part, since it tells of those, too."""
    watched = settings.watched_gateways or (gateway.page if gateway else None)
    environment = {"ROADWORTHY_WATCHED_GATEWAYS": watched} if watched else {}
    return Part("sentry", (sys.executable, "-m", "tasks.sentry"), environment)


def _calm(environment: Mapping[str, str]) -> dict[str, str]:
    """Nobody is phoned, and the log has no colours; what the environment says already stays."""
    quiet = {name: value for name, value in QUIET.items() if name not in os.environ}
    return {**quiet, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", **environment}
