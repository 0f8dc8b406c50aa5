"""A message arrives, or stays and is tried again; it is never lost, and never keeps the night waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from fakes.alert_samples import NOON, PARAMS, Clock, Notebook, a_desk, a_finding
from fakes.memory_store import MemoryStore
from pydantic import SecretStr
from servers.alert_endpoints import running_webhook

from roadworthy.alerts.alert import AlertKind
from roadworthy.alerts.channels.addressed import Addressed
from roadworthy.alerts.delivery import Delivery
from roadworthy.alerts.desk import AlertDesk
from roadworthy.alerts.log import AlertLog
from roadworthy.alerts.message import Text
from roadworthy.alerts.noting import Scope
from roadworthy.alerts.settings import AlertParams

SCOPE = Scope(frozenset({AlertKind.SERVICE_LEVEL}))


def test_a_short_fault_is_tried_over() -> None:
    """Two refusals, then it is taken: delivered at the same look."""
    with running_webhook() as hook:
        hook.statuses = [503, 500]
        told = a_desk(Addressed(SecretStr(f"json://{hook.host}/x"), 1), clock=Clock()).report(SCOPE, (a_finding(),))
        assert (len(told.delivered), len(told.failed), hook.asked, len(hook.taken)) == (1, 0, 3, 1)
        assert told.board.waiting == ()


def test_a_long_fault_is_told_elsewhere_and_made_good() -> None:
    """It stays on the board; the channel that works tells of it; when it works again it gets what it missed, once."""
    clock, good, bad = Clock(), Notebook("good"), Notebook("bad", broken=True)
    store = MemoryStore()
    desk = a_desk(good, bad, clock=clock, store=store)
    told = desk.report(SCOPE, (a_finding(),))
    assert [(one.waiting.channel, one.failure) for one in told.failed] == [("bad", "not_taken")]
    clock.pass_(hours=1)
    desk.report(SCOPE, (a_finding(), a_finding(capability="delay")))
    assert "not delivered through bad since 2026-11-23 12:00 UTC" in good.texts[-1].body
    bad.broken = False
    clock.pass_(hours=1)
    # Another process.
    a_desk(good, bad, clock=clock, store=store).deliver()
    assert sorted(bad.titles) == ["[ticket] delay: service level", "[ticket] help-desk: service level"]
    assert len(good.texts) == 2
    assert AlertLog(store).board().waiting == ()


def test_what_failed_is_not_tried_at_every_look() -> None:
    """A dead channel costs a look every so often, ever more seldom: not one each minute."""
    clock, bad = Clock(), Counting()
    desk = a_desk(bad, clock=clock, params=PARAMS.model_copy(update={"attempts": 1}))
    for _ in range(12 * 60):
        desk.report(SCOPE, (a_finding(),))
        clock.pass_(minutes=1)
    assert 12 <= bad.asked <= 20


def test_a_newer_message_takes_the_place_of_one_that_failed() -> None:
    """What comes back after a day hears how it is now and what is over, not a day's messages one by one."""
    clock, bad = Clock(), Notebook(broken=True)
    desk = a_desk(bad, clock=clock)
    for hour in range(24):
        desk.report(SCOPE, (a_finding(measure=f"m{hour // 6}"),))
        clock.pass_(hours=1)
    bad.broken = False
    clock.pass_(hours=2)
    desk.deliver()
    (text,) = bad.texts
    assert [line.split(" ")[0:2] for line in text.body.splitlines() if line.startswith("over")] == [
        ["over:", f"m{number}"] for number in range(3)
    ]
    assert text.body.startswith("m3 ")


def test_a_channel_that_hangs_keeps_nobody_waiting() -> None:
    """The look ends at its patience's end, the other channel has its message, and the message stays."""
    with running_webhook() as hook:
        hook.held.clear()
        hanging, good = Addressed(SecretStr(f"json://{hook.host}/x?rto=30"), 1), Notebook()
        desk = a_desk(hanging, good, clock=Clock(), params=AlertParams(patience_seconds=0.5, attempts=1))
        begun = time.monotonic()
        told = desk.report(SCOPE, (a_finding(),))
        # Thirty seconds would be the server's.
        assert time.monotonic() - begun < 15
        assert [one.failure for one in told.failed] == ["timed_out"]
        assert len(good.texts) == 1 and len(told.board.waiting) == 1


def test_a_channel_that_raises_anything_ends_nothing() -> None:
    """It is a failure like another."""

    class Rude:
        name = "rude"

        def send(self, text: Text) -> None:
            raise RuntimeError("no")

    good = Notebook()
    told = a_desk(Rude(), good, clock=Clock()).report(SCOPE, (a_finding(),))
    assert [one.failure for one in told.failed] == ["broken"]
    assert len(good.texts) == 1


def test_who_dies_while_sending_is_stood_in_for() -> None:
    """Killed between the record and the sending, the message is sent by another look when the lease is over."""
    clock, store, good = Clock(), MemoryStore(), Notebook()
    with dying_desk(store, clock) as desk, suppress(KeyboardInterrupt):
        desk.report(SCOPE, (a_finding(),))
    a_desk(good, clock=clock, store=store).deliver()
    assert good.texts == [], "the other may be sending it just now"
    clock.pass_(minutes=2)
    a_desk(good, clock=clock, store=store).deliver()
    assert len(good.texts) == 1


def test_two_at_once_tell_once() -> None:
    """Eight looks of eight threads see the same: one alert, one message."""
    store, clock, good = MemoryStore(), Clock(), Notebook()
    ready = threading.Barrier(8)

    def look() -> None:
        desk = a_desk(good, clock=clock, store=store)
        ready.wait()
        desk.report(SCOPE, (a_finding(),))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(good.texts) == 1
    assert len(AlertLog(store).alerts()) == 1


def test_what_waits_for_a_channel_that_is_gone_goes_after_days() -> None:
    """It may be another machine's; after three days it is nobody's."""
    clock, store = Clock(), MemoryStore()
    a_desk(Notebook("old", broken=True), clock=clock, store=store).report(SCOPE, (a_finding(),))
    new = a_desk(Notebook("new"), clock=clock, store=store)
    clock.pass_(days=2)
    assert [one.channel for one in new.deliver().board.waiting] == ["old"]
    clock.now = NOON + timedelta(days=4)
    assert new.deliver().board.waiting == ()


class Counting:
    """A channel that takes nothing, and counts."""

    name = "counting"
    asked = 0

    def send(self, text: Text) -> None:
        """See `Channel.send`."""
        self.asked += 1
        raise OSError("gone")


@contextmanager
def dying_desk(store: MemoryStore, clock: Clock) -> Iterator[AlertDesk]:
    """A desk whose process is ended as soon as it would send."""

    class Dying(Delivery):
        def deliver(self, *_: object) -> tuple[()]:
            raise KeyboardInterrupt

    yield AlertDesk(AlertLog(store), Dying((Notebook(),), PARAMS), clock)
