"""Whether a Redis keeps what budgets tell it: asked once, when the gateway starts."""

from __future__ import annotations

KEEPING = {
    "appendonly": ("yes", "a Redis that is started again has forgotten what was spent"),
    "appendfsync": ("always", "a Redis that dies forgets up to a second of spending"),
    "maxmemory-policy": ("noeviction", "a full Redis drops what was spent"),
}
"""Setting, the value that budgets need, and what happens with another: Redis' documentation on persistence."""


def doubts_about(url: str, timeout_seconds: float = 1.0) -> tuple[str, ...]:
    """Return a sentence for each setting with which the Redis at `url` may forget what was spent.

    One that does not answer, or doesn't say, is a doubt too, and no error: what is asked of it later fails closed.
    """
    # Late import: start-up time.
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(url, socket_timeout=timeout_seconds, decode_responses=True) as redis:
            found = redis.config_get(*KEEPING)
    except (RedisError, OSError) as error:
        return (f"Redis does not say whether it keeps what is spent ({type(error).__name__})",)
    return tuple(
        f"Redis' {name} is {found.get(name, 'not known')}, and should be {wanted}: {otherwise}"
        for name, (wanted, otherwise) in KEEPING.items()
        if found.get(name) != wanted
    )
