"""The machine's own pip configuration: which package indexes it uses, and how it talks to them."""

# Late imports: start-up time.
from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

SCOPES = ("global", "download", "install", ":env:")
"""In `pip config list`, from the weakest to the strongest."""

DEFAULT_TIMEOUT = 15.0
"""Pip's own default, in seconds."""


@dataclass(frozen=True)
class PipConfiguration:
    """What pip would use."""

    index_urls: tuple[str, ...]
    """Package indexes by the simple API, https:// or file://, credentials included: never show them."""
    find_links: tuple[str, ...]
    """Folders of archives, or pages of links to them."""
    certificate: str | None
    """The file of the authorities that are trusted; None for the default ones."""
    client_certificate: str | None
    trusted_hosts: tuple[str, ...]
    """Hosts (with port, where it is given) whose certificate is not checked."""
    proxy: str | None
    timeout: float
    """In seconds."""


def read_pip_configuration() -> PipConfiguration:
    """Ask pip for its configuration; where there is no pip, take its environment variables."""
    return parse_configuration(_listed() or _from_environment())


def parse_configuration(options: dict[str, str]) -> PipConfiguration:
    """Interpret the options by pip's names (`index-url`) as pip does."""
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    no_index = options.get("no-index", "").lower() in {"1", "true", "yes", "on"}
    indexes = [options.get("index-url", PYPI_SIMPLE_ENDPOINT), *options.get("extra-index-url", "").split()]
    return PipConfiguration(
        index_urls=() if no_index else tuple(indexes),
        find_links=tuple(options.get("find-links", "").split()),
        certificate=options.get("cert"),
        client_certificate=options.get("client-cert"),
        trusted_hosts=tuple(options.get("trusted-host", "").split()),
        proxy=options.get("proxy"),
        timeout=float(options.get("timeout") or options.get("default-timeout") or DEFAULT_TIMEOUT),
    )


def parse_listing(listing: str) -> dict[str, str]:
    """Read what `pip config list` prints (`global.index-url='...'`); the strongest scope wins."""
    found: dict[str, dict[str, str]] = {scope: {} for scope in SCOPES}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        scope, _, option = name.rpartition(".")
        if scope in found and value:
            found[scope][option] = str(ast.literal_eval(value))
    return {option: value for scope in SCOPES for option, value in found[scope].items()}


def _listed() -> dict[str, str] | None:
    """Ask this environment's pip, else the machine's."""
    elsewhere = [[path] for name in ("pip", "pip3") if (path := shutil.which(name))]
    for command in ([sys.executable, "-m", "pip"], *elsewhere):
        asked = subprocess.run([*command, "config", "list"], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            return parse_listing(asked.stdout)
    return None


def _from_environment() -> dict[str, str]:
    prefix = "PIP_"
    return {
        name.removeprefix(prefix).lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith(prefix) and value
    }
