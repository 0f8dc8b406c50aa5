"""The gateway's condition for its figures: what serves, waits, is switched off, spent and lost at this moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gateway.following.served import Served
from gateway.metrics.condition import Account as SpendingAccount
from gateway.metrics.condition import Condition, Followed, NotLoaded, Queue, Serving, SwitchedOff
from roadworthy.access.keys import Key
from roadworthy.budgets.account import Account
from roadworthy.canary.split import PRODUCTION
from roadworthy.errors import RoadworthyError

if TYPE_CHECKING:
    from gateway.services import Services

_PATIENCE_SECONDS = 1.0


def condition_of(services: Services, loop: asyncio.AbstractEventLoop) -> Condition:
    """Return the condition. Called in a thread; `loop` is the one in which the services are used."""
    queue, served = services.door.admission.queue, services.follower.served
    age = time.monotonic() - services.follower.looked_at
    return Condition(
        in_flight=len(services.in_flight),
        queues=(Queue("requests", queue.waiting), Queue("at_work", queue.working)),
        lost_events=services.recorder.lost,
        lost_spans=services.tracing.lost,
        serving=tuple(one for name, found in served.items() for one in _serving(name, found)),
        followed=tuple(Followed(name, age) for name in served),
        switched_off=tuple(SwitchedOff(name, off) for name, one in served.items() for off in one.route.switched_off),
        not_loaded=tuple(
            NotLoaded(failure.wanted.capability, failure.wanted.record.number)
            for failure in tuple(services.follower.failures.values())
        ),
        accounts=asyncio.run_coroutine_threadsafe(_accounts(services), loop).result(_PATIENCE_SECONDS),
    )


def _serving(name: str, served: Served) -> Iterator[Serving]:
    left = 1.0
    for share in served.route.shares:
        if share.arm in served.loaded:
            record = served.loaded[share.arm].wanted.record
            yield Serving(name, record.number, record.digest, share.arm, left * share.share)
            left *= 1 - share.share
    if PRODUCTION in served.loaded:
        record = served.loaded[PRODUCTION].wanted.record
        yield Serving(name, record.number, record.digest, served.route.label(PRODUCTION), left)


async def _accounts(services: Services) -> tuple[SpendingAccount, ...]:
    keys = [known.key for known in services.door.ring.snapshot.known.values() if known.key.budget]
    return tuple([account for key in keys if (account := await _account(services, key))])


async def _account(services: Services, key: Key) -> SpendingAccount | None:
    limit = key.budget
    if limit is None:
        return None
    try:
        spent = await services.budgets.spent(Account("key", key.id), limit, datetime.now(UTC))
    except RoadworthyError:
        # Where spending is kept is out of reach: its figures are missing, the others are not.
        return None
    return SpendingAccount(key.id, limit.currency, spent.amount, limit.amount)
