"""How several writers come to a place each: who was too late tries again on what is there then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from roadworthy.errors import Busy
from roadworthy.store import AlreadyStored

_Result = TypeVar("_Result")


def compete(attempt: Callable[[], _Result], patience: float, busy: Busy) -> _Result:
    """Return what `attempt` gives; repeat it while it raises `AlreadyStored`, for `patience` seconds at most.

    Raises `busy` when others were always faster, and at once whatever else `attempt` raises.
    """
    # Late imports: start-up time.
    from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

    retrying = Retrying(
        retry=retry_if_exception_type(AlreadyStored),
        wait=wait_random_exponential(multiplier=0.005, max=0.3),
        stop=stop_after_delay(patience),
        reraise=True,
    )
    try:
        return retrying(attempt)
    except AlreadyStored as error:
        raise busy from error
