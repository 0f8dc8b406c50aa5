"""The gateway's view of the keys: always in memory, at most a third of a second old, and asked without waiting."""

from __future__ import annotations

import hmac
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from roadworthy.access.key_reading import KeySnapshot, list_keys, with_new_keys, with_revocations
from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import Key, PresentedKey, local_key, parse_key
from roadworthy.access.refusal import KeyProblem, KeyRefused
from roadworthy.errors import RoadworthyError, Unavailable

_log = logging.getLogger(__name__)
_NO_DIGEST = bytes(32)
"""Compared with where there is no such key, so that an unknown id takes as long as a wrong secret."""
_LONGEST_HEADER = 200


@dataclass(frozen=True)
class RingSettings:
    """How a ring follows the store."""

    poll_seconds: float = 0.3
    """A revoked key stops within this time and one listing of the store."""
    stale_seconds: float = 3600
    """So long the last keys that were read stay valid while the store can't be reached; then all are refused."""
    anonymous: bool = False
    """Whoever calls may do so without a key, as long as no key was ever created. For loopback only."""


@dataclass
class KeyRing:
    """The keys in a store, followed by a thread. `authenticate` may be called from any thread, and never waits."""

    keys: KeyStore
    settings: RingSettings = RingSettings()
    clock: Callable[[], float] = time.monotonic
    _snapshot: KeySnapshot = field(default_factory=KeySnapshot, init=False, repr=False)
    _read_at: float | None = field(default=None, init=False)
    _failing: bool = field(default=False, init=False)

    @property
    def snapshot(self) -> KeySnapshot:
        """The keys as they were read last."""
        return self._snapshot

    @property
    def age_seconds(self) -> float:
        """How old this view is; infinite before the first reading."""
        return float("inf") if self._read_at is None else self.clock() - self._read_at

    @contextmanager
    def following(self) -> Iterator[KeyRing]:
        """Read the keys now, and again and again until the end. Raises `Unavailable` when the first reading fails."""
        self.refresh()
        stop = threading.Event()
        thread = threading.Thread(target=self._follow, args=(stop,), name="key-ring", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            # Not joined: it may hang in a store that does not answer, and holds nothing that would be lost.
            stop.set()

    def refresh(self) -> None:
        """Read what is new. Raises `Unavailable`; the keys that were known stay as they are then."""
        # The moment before the reading: what is revoked meanwhile may be missing in it.
        now = self.clock()
        listing = list_keys(self.keys)
        # First and apart: when a new key can't be read, a revocation counts all the same.
        self._snapshot = with_revocations(self._snapshot, listing)
        self._snapshot = with_new_keys(self.keys, self._snapshot, listing)
        self._read_at = now

    def authenticate(self, authorization: str | None, now: datetime) -> Key:
        """Return the key that an `Authorization` header shows.

        Raises `KeyRefused`, or `Unavailable` when the keys could not be read for too long.
        """
        if self.age_seconds > self.settings.stale_seconds:
            raise _too_old()
        snapshot = self._snapshot
        presented = _presented(authorization)
        if isinstance(presented, PresentedKey):
            return _checked(snapshot, presented, now)
        if self.settings.anonymous and snapshot.empty:
            return local_key(now)
        raise KeyRefused(presented)

    def _follow(self, stop: threading.Event) -> None:
        while not stop.wait(self.settings.poll_seconds):
            try:
                self.refresh()
            except RoadworthyError as error:
                self._notice(error)
            except Exception:
                # A ring that stopped following would never see a revocation again.
                _log.exception("the keys could not be read")
            else:
                self._failing = False

    def _notice(self, error: RoadworthyError) -> None:
        """Write of an outage once, not three times a second."""
        if not self._failing:
            _log.warning("the keys can't be read, the last ones stay valid for now: %s", error.problem)
        self._failing = True


def _presented(authorization: str | None) -> PresentedKey | KeyProblem:
    if not authorization:
        return KeyProblem.MISSING
    scheme, _, text = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or len(text) > _LONGEST_HEADER:
        return KeyProblem.MALFORMED
    return parse_key(text.strip()) or KeyProblem.MALFORMED


def _checked(snapshot: KeySnapshot, presented: PresentedKey, now: datetime) -> Key:
    known = snapshot.known.get(presented.id)
    expected = known.secret_digest if known else _NO_DIGEST
    if not hmac.compare_digest(expected, presented.secret_digest) or known is None:
        raise KeyRefused(KeyProblem.UNKNOWN)
    key = known.key
    if key.id in snapshot.revoked:
        raise KeyRefused(KeyProblem.REVOKED)
    if key.expires_at is not None and key.expires_at <= now:
        raise KeyRefused(KeyProblem.EXPIRED)
    return key


def _too_old() -> Unavailable:
    return Unavailable(
        "the keys could not be read for too long, so that no key is believed any more",
        where="ROADWORTHY_STORE",
        remedy="bring the store back; the gateway reads it again by itself",
    )
