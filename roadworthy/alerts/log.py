"""The log of alerts in a store: a sealed chain whose newest entry carries the board, so that a look reads one entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from roadworthy.alerts.alert import Alert
from roadworthy.alerts.board import Board
from roadworthy.chain.chain import Chain
from roadworthy.chain.competing import compete
from roadworthy.chain.layout import Layout
from roadworthy.chain.link import Head, Link, unsealed
from roadworthy.errors import Busy
from roadworthy.store import Store

_LAYOUT = Layout("the log of alerts", "alerts/", digits=9, shelf=1000)
_PATIENCE_SECONDS = 10


class AlertEntry(Link):
    """What changed, and the board after it."""

    changed: tuple[Alert, ...] = ()
    """Alerts that were raised, seen again or resolved."""
    board: Board


@dataclass(frozen=True)
class AlertLog:
    """The log in `store`; several writers, in this process or others, change the board one after another."""

    store: Store

    def board(self) -> Board:
        """Return the newest board; an empty one when there is none. Raises `IntegrityError` and `Unavailable`."""
        return self._board(self._chain.newest())

    def change(self, decide: Callable[[Board], Board], now: datetime) -> Board:
        """Replace the board by what `decide` makes of it, durably, and return it; nothing is written for the same one.

        Who was too late decides again on the board that is there then. Raises `Busy` when others were always faster,
        and as `board` does.
        """
        busy = Busy(
            "Others wrote to the log of alerts all the time.",
            where=self.store.address,
            remedy="Nothing was changed: look again.",
        )
        return compete(lambda: self._change(decide, now), _PATIENCE_SECONDS, busy)

    def entries(self) -> Iterator[AlertEntry]:
        """Yield all entries that are left in order, each checked. Raises `IntegrityError` for the first broken one."""
        return (linked.entry for linked in self._chain.left())

    def expired(self, before: datetime) -> tuple[str, ...]:
        """Return the keys of the first entries, as far as they are older; the newest, with the board, is none of them.

        Removed in this order, what is left is a chain whenever that is cut short. Raises as `entries` does.
        """
        old = [entry.sequence for entry in takewhile(lambda entry: entry.at < before, self.entries())]
        return tuple(_LAYOUT.key(number) for number in old if number < self._chain.newest().sequence)

    def alerts(self) -> tuple[Alert, ...]:
        """Return every alert there ever was, each as it was seen last, by its start."""
        latest = {alert.id: alert for entry in self.entries() for alert in entry.changed}
        return tuple(sorted(latest.values(), key=lambda alert: (alert.started, alert.id)))

    def _change(self, decide: Callable[[Board], Board], now: datetime) -> Board:
        head = self._chain.newest()
        before = self._board(head)
        after = decide(before)
        if after != before:
            entry = AlertEntry(
                sequence=head.sequence + 1,
                previous=head.digest,
                at=now,
                changed=_changed(before, after, now),
                board=after,
            )
            self._chain.append(entry)
        return after

    def _board(self, head: Head) -> Board:
        if head.sequence == 0:
            return Board()
        # The chain has just checked it.
        body = unsealed(self.store.read(_LAYOUT.key(head.sequence))) or b""
        return AlertEntry.model_validate_json(body).board

    @property
    def _chain(self) -> Chain[AlertEntry]:
        return Chain(self.store, _LAYOUT, AlertEntry)


def _changed(before: Board, after: Board, now: datetime) -> tuple[Alert, ...]:
    known, there = set(before.open), {alert.id for alert in after.open}
    resolved = (alert.model_copy(update={"resolved": now}) for alert in before.open if alert.id not in there)
    return (*(alert for alert in after.open if alert not in known), *resolved)
