"""What the S3 store promises beyond the contract: clear errors in bounded time, no doubled write."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from servers.losing_proxy import losing_the_first_answer
from servers.seaweedfs import S3Server, free_ports

from roadworthy.errors import RoadworthyError, Unavailable, UsageError
from roadworthy.store import AlreadyStored, LocalStore, Store
from tasks.s3_store import S3Store
from tasks.stores import open_store

CALLS: list[Callable[[Store], object]] = [
    lambda store: store.read("key"),
    lambda store: store.create("key", b""),
    lambda store: store.keys(),
    lambda store: store.contains("key"),
]


def refusal(call: Callable[[Store], object], address: str) -> RoadworthyError:
    """Return the error that `call` ends with; it comes within seconds and names the address and a remedy."""
    start = time.monotonic()
    with pytest.raises(RoadworthyError) as caught:
        call(open_store(address))
    assert time.monotonic() - start < 30
    assert caught.value.where == address
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("call", CALLS)
def test_wrong_secret(call: Callable[[Store], object], s3_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong secret is named as such; the secret itself appears nowhere."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "this-is-the-wrong-secret")
    error = refusal(call, s3_address)
    assert isinstance(error, UsageError)
    assert "secret key" in str(error)
    assert "this-is-the-wrong-secret" not in f"{error} {error.__cause__!r}"


def test_unknown_access_key(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An access key that the service does not know is told from a wrong secret."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    assert "access key" in str(refusal(CALLS[0], s3_address))


def test_no_credentials(s3_address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without credentials the error says which variables to set."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert "AWS_ACCESS_KEY_ID" in str(refusal(CALLS[0], s3_address))


@pytest.mark.parametrize("call", CALLS)
def test_missing_bucket(call: Callable[[Store], object], s3_address: str) -> None:
    """A bucket that is not there is an error, never an empty store, and is not made on the way."""
    error = refusal(call, "s3://no-such-bucket/prefix")
    assert isinstance(error, UsageError)
    assert "bucket" in str(error)


def test_endpoint_down(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that does not answer is reported after a few tries."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{free_ports(1)[0]}")
    error = refusal(CALLS[1], s3_address)
    assert isinstance(error, Unavailable)
    assert "AWS_ENDPOINT_URL_S3" in str(error)


def test_endpoint_that_is_no_url(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint without its scheme is named as the setting to correct."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "127.0.0.1:8333")
    with pytest.raises(UsageError, match="AWS_ENDPOINT_URL_S3"):
        S3Store(s3_address).keys()


def test_a_write_whose_answer_was_lost_is_a_success(
    s3_server: S3Server, s3_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that arrived and is sent again, because its answer got lost, is not taken for another's."""
    with losing_the_first_answer(s3_server.endpoint) as (endpoint, statuses):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        store = S3Store(s3_address)
        store.create("ledger/a", b"entry")
        assert statuses == [200, 412]
        assert store.read("ledger/a") == b"entry"
        with pytest.raises(AlreadyStored):
            store.create("ledger/a", b"entry")


def test_files_are_streamed(s3_address: str, tmp_path: Path) -> None:
    """A file goes in and out without being held in memory."""
    size = 40 << 20
    store = S3Store(s3_address)
    store.create("warm-up", b"")
    (tmp_path / "large").write_bytes(bytes(size))
    tracemalloc.start()
    store.create_from_file("large", tmp_path / "large")
    store.read_to_file("large", tmp_path / "back")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tmp_path / "back").stat().st_size == size
    assert peak < size / 2


def test_removing_leaves_no_version_behind(s3_address: str) -> None:
    """In a bucket that keeps versions, deleting only hides an object: what is removed is gone in each version."""
    import boto3

    client, store = boto3.client("s3"), S3Store(s3_address)
    place = {"Bucket": store.bucket}
    name = "telemetry/content/date=2026-11-23/a.parquet"
    client.put_bucket_versioning(**place, VersioningConfiguration={"Status": "Enabled"})
    try:
        store.create(name, b"first")
        client.delete_object(**place, Key=store.prefix + name)
        store.create(name, b"second")
        store.create(f"{name}2", b"another")
        store.remove(name)
        left = client.list_object_versions(**place, Prefix=store.prefix)
    finally:
        client.put_bucket_versioning(**place, VersioningConfiguration={"Status": "Suspended"})
    found = [each["Key"] for each in (*left.get("Versions", []), *left.get("DeleteMarkers", []))]
    assert found == [f"{store.prefix}{name}2"]


def test_addresses_pick_the_store(tmp_path: Path) -> None:
    """A path is a folder, s3:// is S3, and anything else is refused with the two that there are."""
    assert isinstance(open_store(str(tmp_path)), LocalStore)
    assert open_store("some/folder").address == str(Path.cwd() / "some" / "folder")
    assert isinstance(open_store("s3://bucket/prefix/"), S3Store)
    assert S3Store("s3://bucket/prefix/").prefix == S3Store("s3://bucket/prefix").prefix == "prefix/"
    assert S3Store("s3://bucket").prefix == ""
    with pytest.raises(UsageError, match="s3://bucket/prefix"):
        open_store("gs://bucket")
    with pytest.raises(UsageError, match="no bucket"):
        open_store("s3://").keys()
