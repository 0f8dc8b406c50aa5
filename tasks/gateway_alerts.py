"""Asks gateways whether they could load what has to serve."""

# Late imports: start-up time.
from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable
from urllib.error import HTTPError

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.alerts.noting import Scope
from roadworthy.service_levels.objectives import Severity

SCOPE = Scope(frozenset({AlertKind.NOT_LOADED}))
_ATTEMPTS = 3
_PAUSE_SECONDS = 2.0
_PATIENCE_SECONDS = 5
_RELEASE = re.compile(r"([a-z][a-z0-9-]{0,62})@(\d{1,9}): ")


def gateway_findings(addresses: tuple[str, ...], sleep: Callable[[float], None] = time.sleep) -> tuple[Finding, ...]:
    """Return each release that a gateway could not load, and each gateway (by its place, from 1) that does not answer.

    What the gateway says of the reason stays there: it may name paths.
    """
    found: dict[str, Finding] = {}
    for place, address in enumerate(addresses, 1):
        problems = _could_not_load(address, sleep)
        if problems is None:
            found[f"gateway {place}"] = _finding("", 0, f"gateway_{place}_answers")
            continue
        for name, number in (match.groups() for one in problems if (match := _RELEASE.match(one))):
            found[f"{name}@{number}"] = _finding(name, int(number), "loaded")
    return tuple(found.values())


def _finding(capability: str, release: int, measure: str) -> Finding:
    return Finding(
        kind=AlertKind.NOT_LOADED,
        capability=capability,
        release=release,
        severity=Severity.PAGE,
        measure=measure,
        measured=0,
        bound=1,
    )


def _could_not_load(address: str, sleep: Callable[[float], None]) -> list[str] | None:
    """Ask a few times, since a gateway that is being restarted is no alert."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            sleep(_PAUSE_SECONDS)
        problems = _asked(f"{address.rstrip('/')}/readyz")
        if problems is not None:
            return problems
    return None


def _asked(url: str) -> list[str] | None:
    try:
        try:
            with urllib.request.urlopen(url, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310  (our own setting)
                content = answer.read()
        except HTTPError as error:
            # 503 says the same, of a gateway that can't answer yet.
            content = error.read()
        return [str(one) for one in json.loads(content)["could_not_load"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
