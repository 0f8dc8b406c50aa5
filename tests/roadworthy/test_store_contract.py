"""What every store promises, tried on each of them: a folder and a real S3 server."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.store import AlreadyStored, NotStored, Store
from tasks.stores import open_store

WRITERS = 16
BAD_KEYS = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    "..",
    "a/../b",
    ".hidden",
    "a/.b",
    "a b",
    "a\n",
    "ä",
    "a\\b",
    "x" * 201,
]


def test_what_is_kept_comes_back_byte_for_byte(store: Store) -> None:
    """The bytes read are the bytes kept, none, few or many."""
    for number, content in enumerate([b"", b"\x00\xff\r\n", bytes(range(256)) * 20_000]):
        store.create(f"blobs/{number}", content)
        assert store.read(f"blobs/{number}") == content


def test_files_go_in_and_out_unchanged(store: Store, tmp_path: Path) -> None:
    """A file streamed in and out again is the same, and replaces what stood at its destination."""
    source, target = tmp_path / "in.bin", tmp_path / "new" / "out.bin"
    source.write_bytes(bytes(range(251)) * 20_000)
    target.parent.mkdir()
    target.write_bytes(b"an older file")
    store.create_from_file("blobs/file", source)
    store.read_to_file("blobs/file", target)
    assert target.read_bytes() == source.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["out.bin"]


def test_what_is_kept_never_changes(store: Store, tmp_path: Path) -> None:
    """A second write under a key is refused, names the key, and leaves the first as it was."""
    store.create("bundles/a/manifest.json", b"first")
    (tmp_path / "second").write_bytes(b"second")
    with pytest.raises(AlreadyStored, match=r"bundles/a/manifest\.json"):
        store.create("bundles/a/manifest.json", b"second")
    with pytest.raises(AlreadyStored):
        store.create_from_file("bundles/a/manifest.json", tmp_path / "second")
    with pytest.raises(AlreadyStored):
        store.create("bundles/a/manifest.json", b"first")
    assert store.read("bundles/a/manifest.json") == b"first"


def test_a_missing_key_is_named_and_nothing_is_touched(store: Store, tmp_path: Path) -> None:
    """Reading what is not there names it, also when a longer key starts the same, and leaves files alone."""
    store.create("ledger/a/1.json", b"{}")
    (tmp_path / "target").write_bytes(b"as before")
    for key in ("ledger/a/2.json", "ledger/a", "ledger/a/1", "ledger/a/1.json/more"):
        assert not store.contains(key)
        with pytest.raises(NotStored, match=f"'{key}'"):
            store.read(key)
        with pytest.raises(NotStored):
            store.read_to_file(key, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"as before"
    assert store.contains("ledger/a/1.json")


def test_keys_are_listed_by_prefix_sorted_and_nested(store: Store) -> None:
    """A prefix is a beginning of the key, not a folder: it may end anywhere."""
    assert store.keys() == []
    for key in ("b/2", "b/10", "b/deep/er/1", "bb/1", "a", "b-1"):
        store.create(key, b"")
    assert store.keys() == ["a", "b-1", "b/10", "b/2", "b/deep/er/1", "bb/1"]
    assert store.keys("b/") == ["b/10", "b/2", "b/deep/er/1"]
    assert store.keys("b/de") == store.keys("b/deep/") == ["b/deep/er/1"]
    assert store.keys("b/1") == ["b/10"]
    assert store.keys("c/") == store.keys("a/") == []


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_that_could_leave_the_store_is_refused(store: Store, key: str, tmp_path: Path) -> None:
    """No method takes a malformed key."""
    calls: list[Callable[[], object]] = [
        lambda: store.create(key, b""),
        lambda: store.create_from_file(key, Path(__file__)),
        lambda: store.read(key),
        lambda: store.read_to_file(key, tmp_path / "x"),
        lambda: store.contains(key),
    ]
    for call in calls:
        with pytest.raises(UsageError):
            call()
    assert not (tmp_path / "x").exists()


def test_a_prefix_that_could_leave_the_store_is_refused(store: Store) -> None:
    """Listing does not climb out of the store either."""
    for prefix in ("../", "/", "a/../../", "a//"):
        with pytest.raises(UsageError):
            store.keys(prefix)


def test_what_may_be_removed_is_gone_and_its_key_is_free(store: Store) -> None:
    """Removing takes that key alone, with no trace; doing so twice is the same, and the key may be written again."""
    for name in ("a", "a.parquet", "b"):
        store.create(f"telemetry/content/date=2026-11-23/{name}", name.encode())
    for _ in range(2):
        store.remove("telemetry/content/date=2026-11-23/a")
    assert store.keys() == [f"telemetry/content/date=2026-11-23/{name}" for name in ("a.parquet", "b")]
    with pytest.raises(NotStored):
        store.read("telemetry/content/date=2026-11-23/a")
    store.create("telemetry/content/date=2026-11-23/a", b"again")
    assert store.read("telemetry/content/date=2026-11-23/a") == b"again"


@pytest.mark.parametrize("key", ["ledger/a/1.json", "audit/1", "blobs/x", "telemetry", "telemetryx/a", *BAD_KEYS])
def test_what_was_decided_can_not_be_removed(store: Store, key: str) -> None:
    """Ledgers, bundles and the audit log refuse, and so does every malformed key; what is there stays."""
    if key not in BAD_KEYS:
        store.create(key, b"kept")
    for wanted in (key, f"telemetry/../{key}"):
        with pytest.raises(UsageError):
            store.remove(wanted)
    assert key in BAD_KEYS or store.read(key) == b"kept"


def test_of_sixteen_writers_of_one_key_exactly_one_wins(store_address: str) -> None:
    """The winner's bytes are kept whole, and every other writer is told."""
    start = Barrier(WRITERS)
    stores = [open_store(store_address) for _ in range(4)]

    def write(writer: int) -> int | None:
        start.wait()
        try:
            stores[writer % 4].create("ledger/race", bytes([writer]) * 100_000)
        except AlreadyStored:
            return None
        return writer

    with ThreadPoolExecutor(WRITERS) as pool:
        winners = [writer for writer in pool.map(write, range(WRITERS)) if writer is not None]
    assert len(winners) == 1
    assert open_store(store_address).read("ledger/race") == bytes(winners) * 100_000


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=300),
    name=st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._@+=-]{0,30}", fullmatch=True),
)
def test_any_bytes_under_any_key(store: Store, content: bytes, name: str) -> None:
    """Every key that the rule allows works, in every store."""
    key = f"any/{name}/{len(store.keys('any/'))}"
    store.create(key, content)
    assert store.read(key) == content
    assert key in store.keys(f"any/{name}")


def test_an_error_keeps_its_remedy_across_processes(store: Store) -> None:
    """An error pickled in a worker says the same when it arrives."""
    with pytest.raises(NotStored) as caught:
        store.read("nothing/here")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301
    assert "remedy:" in str(caught.value)
    assert store.address in str(caught.value)
