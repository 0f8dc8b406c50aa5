"""The gateway's view of the keys: whom it lets in, how it follows the store, and when it stops believing."""

from __future__ import annotations

import hmac
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from fakes.memory_store import MemoryStore

from roadworthy.access import key_ring
from roadworthy.access.binding import check_bindable, is_loopback
from roadworthy.access.key_records import CreatedKey, created_name, record_bytes
from roadworthy.access.key_ring import KeyRing, RingSettings
from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import Key, KeyTerms, PresentedKey, digest_secret, key_text, new_secret
from roadworthy.access.refusal import KeyProblem, KeyRefused
from roadworthy.errors import Unavailable, UsageError
from roadworthy.store import LocalStore, Store
from tasks.stores import open_store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EVERYWHERE = "0.0.0.0"  # noqa: S104
TERMS = KeyTerms(tenant="acme", expires_at=NOW + timedelta(days=1))


@dataclass
class Clock:
    """A monotonic clock that a test moves."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return the moment."""
        return self.now


@dataclass
class ShakyStore(MemoryStore):
    """A store that can be cut off, and that tells what was read from it."""

    down: bool = False
    unreadable: bool = False
    reads: list[str] = field(default_factory=list)

    def keys(self, prefix: str = "") -> list[str]:
        """See `Store.keys`."""
        if self.down:
            raise Unavailable("the store is cut off")
        return super().keys(prefix)

    def read(self, key: str) -> bytes:
        """See `Store.read`."""
        if self.down or self.unreadable:
            raise Unavailable("the store is cut off")
        self.reads.append(key)
        return super().read(key)


@dataclass
class ListedStore:
    """Passes on to a store, tells of each listing, and fails in it when told to."""

    store: Store
    fault: Exception | None = None
    _listings: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def address(self) -> str:
        """See `Store.address`."""
        return self.store.address

    def keys(self, prefix: str = "") -> list[str]:
        """See `Store.keys`."""
        self._listings.release()
        if self.fault is not None:
            raise self.fault
        return self.store.keys(prefix)

    def read(self, key: str) -> bytes:
        """See `Store.read`."""
        return self.store.read(key)

    def await_refresh(self) -> None:
        """Return when a refresh that began after this call has ended: the one after it has begun then."""
        while self._listings.acquire(blocking=False):
            pass
        for _ in range(3):
            assert self._listings.acquire(timeout=30)


def _keys(store: Store | ListedStore) -> KeyStore:
    return KeyStore(cast(Store, store), clock=lambda: NOW)


def _refusal(ring: KeyRing, header: str | None, now: datetime = NOW) -> KeyProblem:
    with pytest.raises(KeyRefused) as caught:
        ring.authenticate(header, now)
    return caught.value.reason


def _bearer(text: str) -> str:
    return f"Bearer {text}"


def test_a_key_is_let_in_and_everything_else_refused_with_its_reason() -> None:
    """Scheme and spaces are taken as HTTP has them; a wrong secret sounds like an unknown key."""
    keys = _keys(MemoryStore())
    issued = keys.create(TERMS, by="ann")
    ring = KeyRing(keys)
    ring.refresh()
    for header in (f"Bearer {issued.text}", f"bearer  {issued.text} "):
        assert ring.authenticate(header, NOW) == issued.key
    wrong = key_text(issued.key.id, new_secret())
    unknown = key_text("0" * 16, new_secret())
    assert _refusal(ring, None) is _refusal(ring, "") is KeyProblem.MISSING
    for header in ("Bearer", "Bearer x", f"Basic {issued.text}", issued.text, _bearer(issued.text[:-1]), "B" * 9999):
        assert _refusal(ring, header) is KeyProblem.MALFORMED
    assert _refusal(ring, _bearer(wrong)) is _refusal(ring, _bearer(unknown)) is KeyProblem.UNKNOWN
    assert _refusal(ring, _bearer(issued.text), NOW + timedelta(days=1)) is KeyProblem.EXPIRED


def test_only_who_has_the_secret_learns_that_a_key_was_revoked() -> None:
    """To anybody else it is as unknown as any."""
    keys = _keys(MemoryStore())
    issued = keys.create(TERMS, by="ann")
    keys.revoke(issued.key.id, "lost", by="ann")
    ring = KeyRing(keys)
    ring.refresh()
    assert _refusal(ring, _bearer(issued.text)) is KeyProblem.REVOKED
    assert _refusal(ring, _bearer(key_text(issued.key.id, new_secret()))) is KeyProblem.UNKNOWN


def test_every_secret_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the id exists or not, one comparison of two digests is made, by `hmac.compare_digest`."""
    keys = _keys(MemoryStore())
    issued = keys.create(TERMS, by="ann")
    ring = KeyRing(keys)
    ring.refresh()
    compared: list[tuple[int, int]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    class Spy:
        compare_digest = staticmethod(compare)

    monkeypatch.setattr(key_ring, "hmac", Spy)
    ring.authenticate(_bearer(issued.text), NOW)
    for key_id in (issued.key.id, "0" * 16):
        _refusal(ring, _bearer(key_text(key_id, new_secret())))
    assert compared == [(32, 32)] * 3


def test_an_unknown_id_is_not_let_in_by_the_digest_it_is_compared_with() -> None:
    """The digest that stands in for a missing key opens nothing, even if somebody could present it."""
    ring = KeyRing(_keys(MemoryStore()))
    ring.refresh()
    with pytest.raises(KeyRefused):
        key_ring._checked(ring.snapshot, PresentedKey("0" * 16, bytes(32)), NOW)


def test_a_following_ring_sees_keys_come_and_go(store: Store, store_address: str) -> None:
    """In a folder and in S3: what another process creates and revokes arrives without asking."""
    writer, watched = _keys(store), ListedStore(open_store(store_address))
    ring = KeyRing(_keys(watched), RingSettings(poll_seconds=0.01))
    with ring.following():
        assert ring.snapshot.empty
        issued = writer.create(TERMS, by="ann")
        watched.await_refresh()
        assert ring.authenticate(_bearer(issued.text), NOW) == issued.key
        writer.revoke(issued.key.id, "lost", by="ann")
        watched.await_refresh()
        assert _refusal(ring, _bearer(issued.text)) is KeyProblem.REVOKED


def test_a_poll_reads_only_what_is_new() -> None:
    """However often it polls, each key is read once, and a revocation never."""
    store = ShakyStore()
    keys = _keys(store)
    first, second = (keys.create(TERMS, by="ann").key.id for _ in range(2))
    ring = KeyRing(keys)
    ring.refresh()
    before = ring.snapshot
    ring.refresh()
    assert ring.snapshot is before
    store.reads.clear()
    third = keys.create(TERMS, by="ann").key.id
    store.create(f"access/keys/{first}/revoked.json", b"not even JSON")
    ring.refresh()
    assert store.reads == [created_name(third)]
    assert ring.snapshot.known.keys() == {first, second, third}
    assert ring.snapshot.revoked == {first}


def test_without_the_store_the_last_keys_stay_valid_for_a_bounded_time_then_none_is() -> None:
    """Fails closed at the bound, with another error than a wrong key gets, and recovers with the store."""
    store, clock = ShakyStore(), Clock()
    keys = _keys(store)
    issued = keys.create(TERMS, by="ann")
    ring = KeyRing(keys, RingSettings(stale_seconds=60), clock)
    ring.refresh()
    store.down = True
    with pytest.raises(Unavailable):
        ring.refresh()
    clock.now = 60.0
    assert ring.authenticate(_bearer(issued.text), NOW) == issued.key
    clock.now = 60.1
    with pytest.raises(Unavailable):
        ring.authenticate(_bearer(issued.text), NOW)
    store.down = False
    ring.refresh()
    assert ring.authenticate(_bearer(issued.text), NOW) == issued.key


def test_a_ring_that_never_read_lets_nobody_in() -> None:
    """Neither with a key nor, where that is allowed, without one; and following does not start without the store."""
    ring = KeyRing(_keys(ShakyStore(down=True)), RingSettings(anonymous=True))
    with pytest.raises(Unavailable):
        ring.authenticate(None, NOW)
    with pytest.raises(Unavailable), ring.following():
        pass


def test_a_revocation_counts_even_when_new_keys_cannot_be_read() -> None:
    """It takes a listing only, and waits for nothing else."""
    store = ShakyStore()
    keys = _keys(store)
    issued = keys.create(TERMS, by="ann")
    ring = KeyRing(keys)
    ring.refresh()
    keys.create(TERMS, by="ann")
    keys.revoke(issued.key.id, "lost", by="ann")
    store.unreadable = True
    with pytest.raises(Unavailable):
        ring.refresh()
    assert _refusal(ring, _bearer(issued.text)) is KeyProblem.REVOKED


def test_the_thread_goes_on_after_any_error() -> None:
    """An outage, or a fault nobody expected, ends no following."""
    store = ShakyStore()
    watched = ListedStore(store)
    ring = KeyRing(_keys(watched), RingSettings(poll_seconds=0.01))
    with ring.following():
        for fault in (Unavailable("down"), ValueError("a fault")):
            watched.fault = fault
            watched.await_refresh()
        watched.fault = None
        issued = _keys(store).create(TERMS, by="ann")
        watched.await_refresh()
        assert ring.authenticate(_bearer(issued.text), NOW) == issued.key


def test_a_broken_record_refuses_its_key_alone(caplog: pytest.LogCaptureFixture) -> None:
    """It is written to the log once, and the other keys work."""
    store = ShakyStore()
    keys = _keys(store)
    issued = keys.create(TERMS, by="ann")
    store.create(created_name("0" * 16), b"{")
    ring = KeyRing(keys)
    for _ in range(3):
        ring.refresh()
    assert ring.snapshot.broken == {"0" * 16}
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert ring.authenticate(_bearer(issued.text), NOW) == issued.key


def test_without_any_key_loopback_may_be_open() -> None:
    """As tenant `local`, never as administrator; it ends for good with the first key, even a revoked one."""
    keys = _keys(MemoryStore())
    open_ring, closed_ring = KeyRing(keys, RingSettings(anonymous=True)), KeyRing(keys)
    for ring in (open_ring, closed_ring):
        ring.refresh()
    assert _refusal(closed_ring, None) is KeyProblem.MISSING
    for header in (None, "Bearer sk-anything"):
        anonymous = open_ring.authenticate(header, NOW)
        assert anonymous.tenant == "local"
        assert anonymous.allows("capability:churn") and anonymous.allows("feedback")
        assert not anonymous.allows("admin")
    assert _refusal(open_ring, _bearer(key_text("0" * 16, new_secret()))) is KeyProblem.UNKNOWN
    keys.revoke(keys.create(TERMS, by="ann").key.id, "lost", by="ann")
    open_ring.refresh()
    assert _refusal(open_ring, None) is KeyProblem.MISSING


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True), ("LOCALHOST", True)]
    + [(host, False) for host in ("", EVERYWHERE, "::", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com")],
)
def test_loopback_is_known_by_its_address(host: str, loopback: bool) -> None:
    """A name that only looks like it is none."""
    assert is_loopback(host) is loopback


def test_beyond_loopback_nothing_listens_without_a_usable_key(tmp_path: Path) -> None:
    """No key, only expired or revoked ones, or callers without a key: each is said, with what to do."""
    keys = _keys(LocalStore(tmp_path))
    ring = KeyRing(keys)
    ring.refresh()
    check_bindable("127.0.0.1", ring, NOW)
    with pytest.raises(UsageError, match="keys create"):
        check_bindable(EVERYWHERE, ring, NOW)
    revoked = keys.create(TERMS, by="ann").key.id
    keys.revoke(revoked, "lost", by="ann")
    keys.create(KeyTerms(tenant="a", expires_at=NOW + timedelta(hours=1)), by="ann")
    ring.refresh()
    with pytest.raises(UsageError, match="there is no key"):
        check_bindable(EVERYWHERE, ring, NOW + timedelta(hours=1))
    check_bindable(EVERYWHERE, ring, NOW)
    with pytest.raises(UsageError, match="without a key"):
        check_bindable(EVERYWHERE, KeyRing(keys, RingSettings(anonymous=True)), NOW)


@pytest.mark.parametrize("secret", ["", "a", "changeme", "secret", "12345678", "0" * 43])
def test_beyond_loopback_nothing_listens_with_a_default_secret(secret: str) -> None:
    """Whoever wrote such a record by hand is told which key it is; a short one has not even the form of a key."""
    store = MemoryStore()
    key = Key(tenant="a", id="d" * 16, created_at=NOW, created_by="ann")
    store.create(created_name(key.id), record_bytes(CreatedKey(key=key, secret_sha256=digest_secret(secret).hex())))
    ring = KeyRing(_keys(store))
    ring.refresh()
    with pytest.raises(UsageError, match=key.id):
        check_bindable(EVERYWHERE, ring, NOW)
    if len(secret) < 43:
        assert _refusal(ring, _bearer(key_text(key.id, secret))) is KeyProblem.MALFORMED
