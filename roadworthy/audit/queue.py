"""The audit log's front for facts that come with traffic: no request waits for it, and it owns up to what it lost."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from roadworthy.audit.facts import Fact, Gap, GuardBlock, GuardBlocks, LoginsRefused, RefusedLogin
from roadworthy.audit.log import AuditLog
from roadworthy.clock import utc_now

_BATCH = 500
"""Guard blocks in one entry."""
_LOGGER = logging.getLogger(__name__)


@dataclass
class _Waiting:
    """What was not recorded yet."""

    since: datetime
    blocks: list[GuardBlock] = field(default_factory=list)
    logins: Counter[RefusedLogin] = field(default_factory=Counter)
    lost: int = 0


@dataclass
class AuditQueue:
    """Takes guard blocks and refused logins, and records some at a time from a thread of its own.

    Holds `size` guard blocks at most; what comes then is counted, and the count is recorded as a gap. A store that is
    down costs nothing until then. A killed process loses at most what came in the last `interval` seconds.
    """

    log: AuditLog
    interval: float = 5.0
    """Seconds between two entries, or less when a batch is full."""
    size: int = 10_000
    clock: Callable[[], datetime] = utc_now
    lost: int = field(default=0, init=False)
    """How many facts were lost since the start."""
    _waiting: _Waiting = field(init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _writing: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _wake: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    _thread: threading.Thread | None = field(default=None, init=False, repr=False)
    _closed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._waiting = _Waiting(self.clock())

    def start(self) -> None:
        """Start the thread that records."""
        self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
        self._thread.start()

    def guard_blocked(self, block: GuardBlock) -> None:
        """Take a guard block. Returns at once and never raises."""
        with self._lock:
            if len(self._waiting.blocks) >= self.size:
                self._lose(1)
            else:
                self._waiting.blocks.append(block)
            full = len(self._waiting.blocks) % _BATCH == 0
        if full:
            self._wake.set()

    def login_refused(self, reason: RefusedLogin) -> None:
        """Count a refused login. Returns at once and never raises."""
        with self._lock:
            self._waiting.logins[reason] += 1

    def flush(self) -> None:
        """Record what waits, now and in this thread. Raises what `AuditLog.record` raises; nothing is lost by it."""
        with self._writing:
            with self._lock:
                waiting, self._waiting = self._waiting, _Waiting(self.clock())
            facts = list(_facts(waiting))
            while facts:
                try:
                    self.log.record(facts[0])
                except BaseException:
                    self._take_back(facts)
                    raise
                facts.pop(0)

    def close(self) -> None:
        """Record what waits and stop; never raises: what can't be recorded any more is logged as a number."""
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self._try_to_flush()
        left = sum(_weight(fact) for fact in _facts(self._waiting))
        if left:
            _LOGGER.error("%d facts never came into the audit log: the store did not take them", left)

    def _work(self) -> None:
        while not self._closed:
            self._wake.wait(self.interval)
            self._wake.clear()
            self._try_to_flush()

    def _try_to_flush(self) -> None:
        try:
            self.flush()
        except Exception as error:
            # They wait for the next time; the error's text may hold addresses, its class does not.
            _LOGGER.warning("the audit log can't be written at the moment: %s", type(error).__name__)

    def _take_back(self, facts: list[Fact]) -> None:
        """Put what was not recorded before what came since."""
        with self._lock:
            newer, self._waiting = self._waiting, _Waiting(self.clock())
            for fact in (*facts, *_facts(newer)):
                self._put(fact)

    def _put(self, fact: Fact) -> None:
        waiting = self._waiting
        if isinstance(fact, GuardBlocks):
            room = max(0, self.size - len(waiting.blocks))
            waiting.blocks.extend(fact.blocks[:room])
            self._lose(len(fact.blocks[room:]))
        elif isinstance(fact, LoginsRefused):
            waiting.logins[fact.reason] += fact.count
            waiting.since = min(waiting.since, fact.since)
        elif isinstance(fact, Gap):
            waiting.lost += fact.lost
            waiting.since = min(waiting.since, fact.since)

    def _lose(self, count: int) -> None:
        self._waiting.lost += count
        self.lost += count


def _facts(waiting: _Waiting) -> Iterator[Fact]:
    """Yield what waits as facts, guard blocks in batches, the gap last."""
    for start in range(0, len(waiting.blocks), _BATCH):
        yield GuardBlocks(blocks=tuple(waiting.blocks[start : start + _BATCH]))
    for reason, count in sorted(waiting.logins.items()):
        yield LoginsRefused(reason=reason, count=count, since=waiting.since)
    if waiting.lost:
        yield Gap(lost=waiting.lost, since=waiting.since)


def _weight(fact: Fact) -> int:
    if isinstance(fact, GuardBlocks):
        return len(fact.blocks)
    return fact.count if isinstance(fact, LoginsRefused) else fact.lost if isinstance(fact, Gap) else 1
