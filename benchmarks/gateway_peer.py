"""LiteLLM's proxy, the gateway's peer: in an environment of its own, one worker in front of the same upstream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.gateway_process import Running, running
from tasks.prefect_server import LOOPBACK, free_port

ENVIRONMENT = Path(__file__).resolve().parent / ".environments" / "litellm"
PACKAGE = "litellm[proxy]"
MODEL = "bench"
QUIET = {
    "LITELLM_LOG": "ERROR",
    "LITELLM_TELEMETRY": "False",
    # Else it fetches a price list as it starts.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MODE": "PRODUCTION",
    # On loopback and for this run alone; ours asks for no key there either.
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}


def installed() -> Path:
    """Return its command, installed on first use. Raises `CalledProcessError` where that fails."""
    command = ENVIRONMENT / "bin" / "litellm"
    if not command.exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        subprocess.run([str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", PACKAGE], check=True)
    return command


def version(command: Path) -> str:
    """Return which version is measured."""
    asked = "import importlib.metadata as m; print(m.version('litellm'))"
    python = [str(command.parent / "python"), "-c", asked]
    return subprocess.run(python, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def running_litellm(command: Path, upstream: str, folder: Path) -> Iterator[Running]:
    """Run the proxy without keys, database, cache and logs."""
    port, config = free_port(0), folder / "litellm.json"
    model = {"model": f"openai/{MODEL}", "api_base": upstream, "api_key": "none"}
    settings = {"telemetry": False, "num_retries": 0}
    config.write_text(
        json.dumps({"model_list": [{"model_name": MODEL, "litellm_params": model}], "litellm_settings": settings})
    )
    arguments = ["--config", str(config), "--host", LOOPBACK, "--port", str(port), "--num_workers", "1"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with running([str(command), *arguments], port, kept | QUIET, _is_ready) as server:
        yield server


def _is_ready(url: str) -> bool:
    return httpx.get(f"{url}/health/liveliness", timeout=5).status_code == 200
