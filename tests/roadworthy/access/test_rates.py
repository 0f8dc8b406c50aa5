"""Limits in time: exact in memory and in a real Redis, shared between processes, and certain in an outage."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import rate_worker
from hypothesis import given
from hypothesis import strategies as st
from servers.valkey import Valkey, running_valkey

from roadworthy.access.keys import Key
from roadworthy.access.rate_limit import RateLimit
from roadworthy.access.rates.interface import Admitted, Limited, LimitScope, Windows
from roadworthy.access.rates.memory_windows import MemoryWindows
from roadworthy.access.rates.outage import Outage
from roadworthy.access.rates.rates import Rates, RateSettings, build_rates
from roadworthy.access.rates.redis_windows import RedisWindows
from roadworthy.errors import Unavailable, UsageError

ROOT = Path(__file__).resolve().parents[3]
HOURLY = RateLimit(5, 3600)
PATIENT = 10.0
"""Seconds: on a busy machine the usual tenth may pass without anything being down."""
Opened = Callable[[], Windows]


@dataclass
class Clock:
    """A monotonic clock that a test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Return the moment."""
        return self.now


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A real server that is never stopped."""
    with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(params=["memory", "redis"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """How windows of each kind are opened."""
    if request.param == "memory":
        return MemoryWindows
    url = request.getfixturevalue("valkey").url
    return lambda: RedisWindows(url, timeout_seconds=PATIENT)


def _key(rate: str | None = "5/hour", user_rate: str | None = None) -> Key:
    return Key(
        tenant="acme",
        id=uuid.uuid4().hex[:16],
        rate=rate,
        user_rate=user_rate,
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
        created_by="ann",
    )


@asynccontextmanager
async def _closing(windows: Windows) -> AsyncIterator[Windows]:
    try:
        yield windows
    finally:
        await windows.aclose()


def _in_a_loop(test: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await test()

    asyncio.run(run())


def test_exactly_so_many_are_let_in_and_the_rest_told_when(opened: Opened) -> None:
    """Also of many at once; names don't share; what is refused is not counted, and neither is a look."""

    async def test() -> None:
        name, other = uuid.uuid4().hex, uuid.uuid4().hex
        async with _closing(opened()) as windows:
            assert await windows.wait(name, HOURLY) == 0.0
            waits = await asyncio.gather(*(windows.take(name, HOURLY) for _ in range(20)))
            assert sorted(waits)[:5] == [0.0] * 5
            assert all(0.0 < wait <= HOURLY.seconds for wait in sorted(waits)[5:])
            assert 0.0 < await windows.wait(name, HOURLY) <= HOURLY.seconds
            assert await windows.take(other, HOURLY) == 0.0

    _in_a_loop(test)


def test_a_cost_is_taken_whole_or_not_at_all(opened: Opened) -> None:
    """Four of five leave one; and more than the limit never fits, however empty the window."""

    async def test() -> None:
        name, other = uuid.uuid4().hex, uuid.uuid4().hex
        async with _closing(opened()) as windows:
            assert await windows.take(name, HOURLY, cost=4) == 0.0
            assert await windows.wait(name, HOURLY, cost=2) > 0.0
            assert await windows.wait(name, HOURLY, cost=1) == 0.0
            assert await windows.take(name, HOURLY, cost=1) == 0.0
            assert await windows.take(other, HOURLY, cost=6) > 0.0
            assert await windows.take(other + "x", HOURLY, cost=5) == 0.0

    _in_a_loop(test)


def test_a_window_moves_with_time(opened: Opened) -> None:
    """After the wait that it was told, a caller is let in again."""

    async def test() -> None:
        name, limit = uuid.uuid4().hex, RateLimit(2, 1)
        async with _closing(opened()) as windows:
            while await windows.take(name, limit) == 0.0:
                pass
            wait = await windows.wait(name, limit)
            assert 0.0 < wait <= 1.0
            async with asyncio.timeout(30):
                while await windows.take(name, limit) > 0.0:
                    await asyncio.sleep(wait)

    _in_a_loop(test)


@given(
    amount=st.integers(1, 5),
    seconds=st.integers(1, 10),
    calls=st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6)), max_size=60),
)
def test_in_no_window_are_more_calls_than_allowed_and_none_is_refused_without_need(
    amount: int, seconds: int, calls: list[tuple[int, int]]
) -> None:
    """The same as counting all calls of the past seconds each time; and the wait is exactly as long as it has to be."""

    async def test() -> None:
        clock, taken = Clock(), list[float]()
        windows, limit = MemoryWindows(clock), RateLimit(amount, seconds)
        for pause, cost in calls:
            clock.now += pause
            recent = [moment for moment in taken if moment > clock.now - seconds]
            wait = await windows.take("a", limit, cost)
            assert (wait == 0.0) == (len(recent) + cost <= amount)
            if wait == 0.0:
                taken += [clock.now] * cost
            elif cost <= amount:
                left = [moment for moment in recent if moment > clock.now + wait - seconds]
                before = [moment for moment in recent if moment > clock.now + wait - 1 - seconds]
                assert len(left) + cost <= amount < len(before) + cost

    _in_a_loop(test)


def test_users_who_left_take_no_memory() -> None:
    """However many users call, only those of the last window are kept."""

    async def test() -> None:
        clock = Clock()
        windows = MemoryWindows(clock)
        for number in range(20_000):
            clock.now += 0.1
            await windows.take(f"user {number}", RateLimit(5, 60))
        assert 600 <= windows.names <= 1200

    _in_a_loop(test)


def test_a_user_is_limited_for_himself_and_takes_nothing_from_the_others(opened: Opened) -> None:
    """What his own limit refuses is not counted against the key's."""

    async def test() -> None:
        async with _closing(opened()) as windows:
            rates, key = Rates(windows), _key("5/hour", "2/hour")
            ann = [await rates.admit(key, "ann") for _ in range(10)]
            assert ann[:2] == [Admitted()] * 2
            assert {verdict.scope for verdict in ann[2:] if isinstance(verdict, Limited)} == {LimitScope.USER}
            assert [await rates.admit(key, user) for user in ("bob", "bob", "")] == [Admitted()] * 3
            refused = await rates.admit(key, "cid")
            assert isinstance(refused, Limited)
            assert refused.scope is LimitScope.KEY
            assert 0 < refused.retry_after_seconds <= 3600

    _in_a_loop(test)


def test_what_the_keys_limit_refuses_takes_nothing_from_the_users() -> None:
    """When the key has room again, the user has his whole limit."""

    async def test() -> None:
        clock = Clock()
        rates, key = Rates(MemoryWindows(clock)), _key("1/min", "3/hour")
        for _ in range(3):
            assert await rates.admit(key, "ann") == Admitted()
            assert isinstance(await rates.admit(key, "ann"), Limited)
            clock.now += 60
        assert await rates.admit(key, "ann") == Limited(3600 - 180, LimitScope.USER)

    _in_a_loop(test)


def test_a_key_without_a_rate_is_not_counted() -> None:
    """Nothing is kept of its calls."""

    async def test() -> None:
        windows = MemoryWindows()
        assert await Rates(windows).admit(_key(None), "ann") == Admitted()
        assert windows.names == 0

    _in_a_loop(test)


def test_three_worker_processes_share_one_limit_exactly(valkey: Valkey) -> None:
    """Each calls as often as the limit allows; together they get exactly the limit."""
    key_id = uuid.uuid4().hex[:16]
    command = [sys.executable, rate_worker.__file__, valkey.url, key_id, "100/hour", "100"]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=_with_root())
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    said = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert sum(said) == 100


def test_a_killed_redis_refuses_all_and_recovers_by_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With `refuse`: closed while it is down, open after it came back; both are in the log, once."""

    async def test() -> None:
        with running_valkey(tmp_path) as server:
            clock = Clock()
            windows = RedisWindows(server.url, PATIENT, outage=Outage(pause_seconds=0.5, clock=clock))
            rates, key = Rates(windows), _key("1000/hour")
            assert await rates.admit(key) == Admitted()
            server.kill()
            for _ in range(20):
                assert await rates.admit(key) == Limited(1.0, LimitScope.OUTAGE)
            assert windows.outage.lasts
            server.start()
            assert await rates.admit(key) == Limited(1.0, LimitScope.OUTAGE)
            clock.now += 0.5
            assert await rates.admit(key) == Admitted()
            assert not windows.outage.lasts
            await rates.aclose()

    _in_a_loop(test)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_a_killed_redis_may_leave_each_worker_its_share(tmp_path: Path) -> None:
    """With `local`: of 12 an hour each of 4 workers lets in 3, and after the outage the shared count holds again."""

    async def test() -> None:
        with running_valkey(tmp_path) as server:
            clock = Clock()
            windows = RedisWindows(server.url, PATIENT, outage=Outage(clock=clock))
            rates, key = Rates(windows, MemoryWindows(), workers=4), _key("12/hour")
            for _ in range(10):
                assert await rates.admit(key) == Admitted()
            server.kill()
            verdicts = [await rates.admit(key) for _ in range(20)]
            assert sum(verdict == Admitted() for verdict in verdicts) == 3
            assert {verdict.scope for verdict in verdicts if isinstance(verdict, Limited)} == {LimitScope.KEY}
            server.start()
            clock.now += 1
            # It kept what it had counted: ten of twelve.
            verdicts = [await rates.admit(key) for _ in range(5)]
            assert sum(verdict == Admitted() for verdict in verdicts) == 2
            await rates.aclose()

    _in_a_loop(test)


def test_a_redis_that_hangs_is_given_up_and_then_left_alone(tmp_path: Path) -> None:
    """No call outlasts its time; after three nobody asks it, until the pause is over, and then one at a time."""

    async def test() -> None:
        with running_valkey(tmp_path) as server:
            clock = Clock()
            windows = RedisWindows(server.url, timeout_seconds=0.1, outage=Outage(pause_seconds=0.5, clock=clock))
            key = _key("1000/hour")
            await _until_it_answers(Rates(windows), key, clock)
            os.kill(server.process, signal.SIGSTOP)
            try:
                async with asyncio.timeout(60):
                    for _ in range(200):
                        with pytest.raises(Unavailable):
                            await windows.take("a", HOURLY)
            finally:
                os.kill(server.process, signal.SIGCONT)
            for _ in range(10):
                with pytest.raises(Unavailable):
                    await windows.take("a", HOURLY)
            await _until_it_answers(Rates(windows), key, clock)
            await windows.aclose()

    _in_a_loop(test)


async def _until_it_answers(rates: Rates, key: Key, clock: Clock) -> None:
    """Call until it works: on a busy machine one of these calls may take longer than its time."""
    async with asyncio.timeout(60):
        while await rates.admit(key) != Admitted():
            clock.now += 0.5


def test_after_an_outage_one_caller_at_a_time_tries() -> None:
    """Two failures are no outage yet; then one in each pause is let through, and the first that works ends it."""
    clock = Clock()
    outage = Outage(failures=3, pause_seconds=0.5, clock=clock)
    assert [outage.failed() for _ in range(2)] == [False, False]
    assert outage.may_try() and not outage.worked()
    assert [outage.failed() for _ in range(3)] == [False, False, True]
    assert not outage.may_try()
    clock.now += 0.5
    assert [outage.may_try() for _ in range(3)] == [True, False, False]
    assert not outage.failed()
    clock.now += 0.5
    assert outage.may_try()
    assert outage.worked() and not outage.lasts
    assert [outage.may_try() for _ in range(3)] == [True, True, True]


def test_the_password_of_redis_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Neither in a repr nor in a log or an error."""
    url = "redis://:hunter2hunter2@127.0.0.1:1/0"
    shown = [repr(RateSettings(url)), repr(build_rates(RateSettings(url)))]

    async def test() -> None:
        windows = RedisWindows(url, PATIENT)
        for _ in range(3):
            with pytest.raises(Unavailable) as caught:
                await windows.take("a", HOURLY)
            shown.append(str(caught.value))

    _in_a_loop(test)
    assert len(shown) == 5
    assert caplog.records
    assert "hunter2" not in "".join([*shown, caplog.text])


def test_an_address_that_is_none_is_said() -> None:
    """As a wrong setting, before anything is served."""
    with pytest.raises(UsageError, match="redis://HOST"):
        build_rates(RateSettings("http://127.0.0.1"))


def _with_root() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
