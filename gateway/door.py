"""Who may come in: a key that is valid, for what it is meant, as often and as much at once as was agreed."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import Request

from gateway.problems import FieldProblem, Problem
from gateway.visit import Visit
from roadworthy.access.admission.admission import Admission
from roadworthy.access.admission.tickets import Party
from roadworthy.access.binding import is_loopback
from roadworthy.access.key_ring import KeyRing
from roadworthy.access.keys import LOCAL_TENANT, Key
from roadworthy.access.rates.interface import Limited, LimitScope
from roadworthy.access.rates.rates import Rates
from roadworthy.access.refusal import KeyRefused
from roadworthy.telemetry.request_ids import RequestIds

_WHOSE = {
    LimitScope.KEY: "the key's limit of requests is used up for now",
    LimitScope.USER: "the user's limit of requests is used up for now",
    LimitScope.OUTAGE: "limits can't be counted now, so that nothing is let in",
}


@dataclass(frozen=True)
class Door:
    """Asked in this order: `enter`, `check`, `count`, `glance`, `place`.

    Where the body tells what is wanted, `glance` comes first; whoever is refused then is counted all the same.
    """

    ring: KeyRing
    rates: Rates
    admission: Admission
    ids: RequestIds

    def enter(self, request: Request, visit: Visit) -> Key:
        """Return the caller's key, and note whose request this is. Raises `Problem` 401."""
        try:
            key = self.ring.authenticate(request.headers.get("authorization"), visit.at)
        except KeyRefused as error:
            places = (FieldProblem("<authorization>", error.remedy or error.problem),)
            raise Problem(f"key-{error.reason}", 401, error.problem, places) from None
        if key.id == LOCAL_TENANT:
            _check_own_page(request)
        visit.tenant, visit.key = key.tenant, key.id
        # From now on the id tells, to us alone, whose it is: feedback on it is taken from this tenant only.
        visit.id = self.ids.bound(visit.id, key.tenant)
        return key

    def check(self, key: Key, scope: str) -> None:
        """Raise `Problem` 403 unless the key is meant for `scope`."""
        if not key.allows(scope):
            raise Problem("not-allowed", 403, f"this key is not meant for {scope}; its scopes: {', '.join(key.scopes)}")

    async def count(self, key: Key, user: str = "") -> None:
        """Count the request against the key's limit and the user's. Raises `Problem` 429."""
        verdict = await self.rates.admit(key, user)
        if isinstance(verdict, Limited):
            status = 503 if verdict.scope is LimitScope.OUTAGE else 429
            wait = verdict.retry_after_seconds
            raise Problem("rate-limited", status, _WHOSE[verdict.scope], retry_after=wait)

    def glance(self, key: Key) -> None:
        """Raise `Overloaded` when there is no place for this tenant now: its request need not even be read then."""
        self.admission.check(_party(key))

    def place(self, visit: Visit, key: Key) -> AbstractAsyncContextManager[float]:
        """Wait for a place among those at work, fairly by tenant, and keep it. Raises `Overloaded`."""
        deadline = asyncio.get_running_loop().time() + (visit.deadline - time.monotonic())
        return self.admission.admit(_party(key), deadline)


def _party(key: Key) -> Party:
    return Party(key.tenant, key.id, key.concurrency)


def _check_own_page(request: Request) -> None:
    """Refuse pages of other sites, which a browser on this machine would let ask without a key.

    A site whose name leads to loopback (DNS rebinding) shows in the header Host, any other in Sec-Fetch-Site (W3C,
    Fetch Metadata Request Headers).
    """
    if not _is_own(request.headers.get("host", "")) or request.headers.get("sec-fetch-site") == "cross-site":
        place = (FieldProblem("<host>", "has to be localhost or a loopback address while no key is asked for"),)
        raise Problem("key-missing", 401, "without a key only this machine's own pages may ask", place)


@lru_cache(maxsize=32)
def _is_own(host: str) -> bool:
    """Tell whether a header Host names this machine; the same few come with every request."""
    return is_loopback(urlsplit(f"//{host}").hostname or "")
