"""Sends what waits: all channels at once, each message tried a few times, and no longer than the patience allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from roadworthy.alerts.board import Board, Waiting
from roadworthy.alerts.channels.interface import Channel, NotSent
from roadworthy.alerts.message import Message, Trouble
from roadworthy.alerts.settings import AlertParams


@dataclass(frozen=True)
class Outcome:
    """What became of one message at one channel."""

    waiting: Waiting
    failure: str = ""
    """Why it did not arrive, in a word; empty when it did."""


@dataclass
class Delivery:
    """Sends by `channels`; `sleep` is what waits between two attempts."""

    channels: tuple[Channel, ...]
    params: AlertParams
    sleep: Callable[[float], None] = time.sleep

    def deliver(self, given: tuple[Waiting, ...], troubles: tuple[Trouble, ...]) -> tuple[Outcome, ...]:
        """Send each message, and return what became of it; nothing is raised.

        Each channel has a thread of its own. A thread that hangs is left behind, and ends with its process at the
        latest: what it still sends may arrive twice.
        """
        outcomes: dict[int, Outcome] = {}
        queues = {one.name: (one, [each for each in given if each.channel == one.name]) for one in self.channels}
        threads = [
            threading.Thread(target=self._work_off, args=(channel, queue, troubles, outcomes), daemon=True)
            for channel, queue in queues.values()
            if queue
        ]
        end = time.monotonic() + self.params.patience_seconds
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        late = dict(outcomes)
        return tuple(late.get(id(one)) or Outcome(one, "timed_out") for one in given)

    def try_all(self, message: Message) -> tuple[Outcome, ...]:
        """Send a message through every channel, and return what became of it; nothing is kept."""
        given = tuple(Waiting(channel=one.name, message=message, not_before=message.at) for one in self.channels)
        return self.deliver(given, ())

    def _work_off(
        self, channel: Channel, queue: list[Waiting], troubles: tuple[Trouble, ...], outcomes: dict[int, Outcome]
    ) -> None:
        end = time.monotonic() + self.params.patience_seconds
        for one in queue:
            if time.monotonic() >= end:
                return
            elsewhere = tuple(trouble for trouble in troubles if trouble.channel != channel.name)
            outcomes[id(one)] = Outcome(one, self._send(channel, one, elsewhere))

    def _send(self, channel: Channel, one: Waiting, troubles: tuple[Trouble, ...]) -> str:
        """Try a few times; return why it did not work, or nothing."""
        # Late imports: start-up time.
        from tenacity import Retrying, retry_if_exception_type, wait_random_exponential
        from tenacity.stop import stop_after_attempt, stop_after_delay

        retrying = Retrying(
            retry=retry_if_exception_type(NotSent),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            stop=stop_after_attempt(self.params.attempts) | stop_after_delay(self.params.patience_seconds),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            retrying(channel.send, one.message.text(troubles))
        except NotSent as error:
            return error.word
        except Exception:
            # A channel that is broken must not end the watch; the message stays.
            return "broken"
        return ""


def troubles_of(board: Board) -> tuple[Trouble, ...]:
    """Return which channels have not delivered something, and since when."""
    failed = [one for one in board.waiting if one.failed_since is not None]
    names = sorted({one.channel for one in failed})
    return tuple(_trouble([one for one in failed if one.channel == name]) for name in names)


def _trouble(failed: list[Waiting]) -> Trouble:
    first = min(one.failed_since for one in failed if one.failed_since is not None)
    return Trouble(channel=failed[0].channel, since=first, messages=len(failed), failure=failed[-1].failure)
