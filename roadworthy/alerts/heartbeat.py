"""The heartbeat: tells a service elsewhere that a night was read, so that it misses it when this machine is gone."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from urllib.parse import urlsplit

from pydantic import SecretStr

_ATTEMPTS = 3
_PATIENCE_SECONDS = 10


def beat(address: SecretStr, sleep: Callable[[float], None] = time.sleep) -> bool:
    """Fetch an address as healthchecks.io and its kin have it, and tell whether it answered with 2xx or 3xx.

    Nothing is raised, and the address, which is a secret, is logged nowhere. It takes half a minute at most.
    """
    # Late imports: start-up time.
    from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

    if urlsplit(address.get_secret_value()).scheme not in ("http", "https"):
        return False
    trying = Retrying(
        retry=retry_if_result(lambda answered: not answered),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.2, max=2),
        sleep=sleep,
    )
    try:
        return bool(trying(_fetch, address))
    except RetryError:
        return False


def _fetch(address: SecretStr) -> bool:
    # urllib logs nothing; the scheme is checked above.
    try:
        with urllib.request.urlopen(address.get_secret_value(), timeout=_PATIENCE_SECONDS):  # noqa: S310
            return True
    except (OSError, ValueError, HTTPException):
        return False
