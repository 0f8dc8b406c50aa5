"""Runs all parts of the house until somebody asks it to stop, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tasks.house.keeper import Keeper
from tasks.house.log import HouseLog
from tasks.house.part import Part
from tasks.house.processes import PATIENCE_SECONDS, Known, adopt_orphans, end_orphans
from tasks.house.record import keep_record, only_house


def run_house(parts: tuple[Part, ...], home: Path, log: HouseLog, patience: float = PATIENCE_SECONDS) -> None:
    """Keep `parts` up until Ctrl-C or SIGTERM; then end them, those that need others first. Raises `Busy`.

    A part that does not listen is ended by force after `patience` seconds.
    """
    adopt_orphans()
    with only_house(home), _asked_to_stop() as wait:
        keepers: dict[str, Keeper] = {}
        lock, myself = threading.Lock(), Known.of(os.getpid())

        def note() -> None:
            with lock:
                keep_record(home, myself, {name: one.known for name, one in keepers.items() if one.known})

        keepers |= {part.name: Keeper(part, log, note) for part in parts}
        note()
        for keeper in keepers.values():
            keeper.start(tuple(keepers[name] for name in keeper.part.after if name in keepers))
        wait()
        log.say("stopping")
        _stop(list(keepers.values()), patience)
        end_orphans()
        log.say("stopped")


def _stop(keepers: list[Keeper], patience: float) -> None:
    """End at once all that no running part needs, then what is left: flows can still tell the server how they ended."""
    while keepers:
        needed = {name for keeper in keepers for name in keeper.part.after}
        free = [keeper for keeper in keepers if keeper.part.name not in needed] or keepers
        threads = [threading.Thread(target=keeper.stop, args=(patience,)) for keeper in free]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        keepers = [keeper for keeper in keepers if keeper not in free]


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], object]]:
    """Yield what waits for Ctrl-C or SIGTERM; asked twice it ends no sooner, so that nothing is left behind."""
    reading, writing = os.pipe()

    def ask(number: int, frame: FrameType | None) -> None:
        # A pipe: a lock could be held by the very thread that the signal interrupts.
        os.write(writing, b"!")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield lambda: os.read(reading, 1)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
