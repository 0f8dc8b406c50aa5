"""The desk: takes what looks find, keeps the board, and has messages delivered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.alerts.board import Board, Silence, Waiting
from roadworthy.alerts.delivery import Delivery, Outcome, troubles_of
from roadworthy.alerts.log import AlertLog
from roadworthy.alerts.noting import Scope, note
from roadworthy.alerts.telling import tell
from roadworthy.clock import utc_now
from roadworthy.digest import digest_bytes
from roadworthy.errors import UnknownName

_GRACE = timedelta(minutes=1)
"""Beyond the patience: whoever took messages to send and died has them sent by another after that."""

_UNKNOWN_FOR = timedelta(days=3)
"""What waits for a channel that these settings don't name may be another machine's; after so long it is nobody's."""


@dataclass(frozen=True)
class Told:
    """What a report came to."""

    board: Board
    delivered: tuple[Outcome, ...]
    failed: tuple[Outcome, ...]
    """They stay on the board, and are tried again."""


@dataclass(frozen=True)
class AlertDesk:
    """Every method raises `Unavailable`, `IntegrityError` and `Busy` for the store alone, never for a channel."""

    log: AlertLog
    delivery: Delivery
    clock: Callable[[], datetime] = utc_now

    def report(self, scope: Scope, findings: tuple[Finding, ...]) -> Told:
        """Note what a look found, which also says what is over, and deliver what has to be told now.

        Recorded before it is sent: killed in between, the next look sends it. So a message may arrive twice, never not
        at all.
        """
        return self._turn(lambda board, now: note(board, scope, findings, now, self.delivery.params))

    def deliver(self) -> Told:
        """Deliver what waits: held back for its group, repeated, or failed before."""
        # Of no kind: nothing is over but what passes by itself.
        return self.report(Scope(frozenset()), ())

    def watched_since(self) -> datetime:
        """Return since when somebody looks whether nights are read; the first look is recorded."""
        now = self.clock()
        board = self.log.change(
            lambda board: board if board.watched_since else board.model_copy(update={"watched_since": now}), now
        )
        return board.watched_since or now

    def silence(self, until: datetime, kind: AlertKind | None, capability: str | None) -> Silence:
        """Tell nothing of a kind or a capability until then; alerts are seen and kept all the same."""
        now = self.clock()
        name = digest_bytes(f"{kind}/{capability}/{until.isoformat()}/{now.isoformat()}".encode())[:8]
        made = Silence(id=name, until=until, kind=kind, capability=capability)
        self.log.change(
            lambda board: board.model_copy(
                update={"silences": (*(one for one in board.silences if one.until > now), made)}
            ),
            now,
        )
        return made

    def end_silence(self, name: str) -> None:
        """End a silence: what is still open is told at the next look. Raises `UnknownName`."""

        def without(board: Board) -> Board:
            kept = tuple(one for one in board.silences if one.id != name)
            if len(kept) == len(board.silences):
                raise UnknownName(
                    f"no silence is called {name!r}",
                    where="the log of alerts",
                    remedy="`roadworthy alerts list` has them",
                )
            return board.model_copy(update={"silences": kept})

        self.log.change(without, self.clock())

    def _turn(self, change: Callable[[Board, datetime], Board]) -> Told:
        now = self.clock()
        names = tuple(channel.name for channel in self.delivery.channels)
        taken: tuple[Waiting, ...] = ()

        def decide(board: Board) -> Board:
            nonlocal taken
            after = tell(change(board, now), names, now, self.delivery.params)
            taken = tuple(one for one in after.waiting if one.channel in names and one.not_before <= now)
            stays = (one for one in after.waiting if one.channel in names or now - one.message.at < _UNKNOWN_FOR)
            claimed = (self._claimed(one, now) if one in taken else one for one in stays)
            return after.model_copy(update={"waiting": tuple(claimed)})

        board = self.log.change(decide, now)
        if not taken:
            return Told(board, (), ())
        outcomes = self.delivery.deliver(taken, troubles_of(board))
        board = self.log.change(lambda board: self._settled(board, outcomes), self.clock())
        failed = tuple(one for one in outcomes if one.failure)
        return Told(board, tuple(one for one in outcomes if not one.failure), failed)

    def _claimed(self, one: Waiting, now: datetime) -> Waiting:
        """Nobody else sends it meanwhile."""
        lease = timedelta(seconds=self.delivery.params.patience_seconds) + _GRACE
        return one.model_copy(update={"not_before": now + lease})

    def _settled(self, board: Board, outcomes: tuple[Outcome, ...]) -> Board:
        """Take what arrived from the board, and note what did not; what was replaced meanwhile is left alone."""
        now = self.clock()
        found = {(one.waiting.channel, one.waiting.message.id): one for one in outcomes}
        settled = []
        for one in board.waiting:
            outcome = found.get((one.channel, one.message.id))
            if outcome is None:
                settled.append(one)
            elif outcome.failure:
                settled.append(self._failed(one, outcome.failure, now))
        return board.model_copy(update={"waiting": tuple(settled)})

    def _failed(self, one: Waiting, failure: str, now: datetime) -> Waiting:
        failures = one.failures + 1
        update = {
            "failures": failures,
            "failed_since": one.failed_since or now,
            "failure": failure,
            "not_before": now + self.delivery.params.retry_after(failures),
        }
        return one.model_copy(update=update)
