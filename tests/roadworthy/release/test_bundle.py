"""Bundles in stores of every kind: whole or not there, equal after any interruption, refused when touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy
import pytest
from release_samples import FILES, make_bundle, manifest_of

from roadworthy.digest import digest_bytes, digest_files
from roadworthy.errors import IntegrityError
from roadworthy.release.bundle import (
    Bundle,
    blob_key,
    fetch_bundle,
    fetch_manifest,
    manifest_key,
    publish_bundle,
    read_bundle_file,
    seal_bundle,
    signature_key,
)
from roadworthy.release.signing import SigningKey, ensure_signing_key, verify_folder
from roadworthy.store import LocalStore, NotStored, Store


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    """A key, made on first use."""
    return ensure_signing_key(tmp_path_factory.mktemp("keys") / "signing.pem")


@pytest.fixture
def sealed(tmp_path: Path, key: SigningKey) -> Bundle:
    """A sealed bundle that is not published."""
    folder = make_bundle(tmp_path / "work" / "bundle")
    manifest = manifest_of(folder)
    return Bundle(folder, manifest, seal_bundle(folder, manifest, key))


def publish(store: Store, bundle: Bundle) -> str:
    """Publish a sealed bundle."""
    return publish_bundle(store, bundle.folder, bundle.manifest, bundle.signature)


def test_sealing_leaves_the_folder_alone(sealed: Bundle) -> None:
    """DVC owns the folder: sealing adds nothing to it, and leaves nothing beside it."""
    assert digest_files(sealed.folder) == {name: digest_bytes(content) for name, content in FILES.items()}
    assert list(sealed.folder.parent.iterdir()) == [sealed.folder]


def test_what_is_published_can_be_fetched(store: Store, sealed: Bundle, key: SigningKey, tmp_path: Path) -> None:
    """Fetched, the bundle has the same files, its manifest beside them, and a signature over both."""
    digest = publish(store, sealed)
    fetched = fetch_bundle(store, digest, tmp_path / "fetched" / "bundle")
    assert digest == sealed.digest == fetched.digest
    assert digest_files(fetched.folder) == sealed.manifest.files | {"manifest.json": digest}
    verify_folder(fetched.folder, fetched.signature, key.public)
    assert list(fetched.folder.parent.iterdir()) == [fetched.folder]
    assert read_bundle_file(store, fetched.manifest, "model/model.skops") == b"model"


def test_the_librarys_own_command_line_verifies_a_fetched_release(
    sealed: Bundle, key: SigningKey, tmp_path: Path
) -> None:
    """Nobody needs our code to check a release: the command in docs/decisions does, and notices a change."""
    store, into = LocalStore(tmp_path / "store"), tmp_path / "fetched"
    fetched = fetch_bundle(store, publish(store, sealed), into)
    (tmp_path / "signature.json").write_bytes(fetched.signature)
    command = [sys.executable, "-m", "model_signing", "verify", "key", str(into), "--no-ignore-git-paths"]
    command += ["--signature", str(tmp_path / "signature.json"), "--public_key", str(key.public)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    (into / "empty").write_bytes(b"x")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_publishing_again_changes_nothing(store: Store, sealed: Bundle, key: SigningKey) -> None:
    """The same release again is the same release, though its new signature differs."""
    publish(store, sealed)
    before = {name: store.read(name) for name in store.keys("")}
    again = seal_bundle(sealed.folder, sealed.manifest, key)
    assert again != sealed.signature
    publish_bundle(store, sealed.folder, sealed.manifest, again)
    assert {name: store.read(name) for name in store.keys("")} == before


def test_equal_content_is_stored_once(store: Store, sealed: Bundle) -> None:
    """Releases share what they have in common."""
    publish(store, sealed)
    (sealed.folder / "empty").write_bytes(b"full")
    manifest = manifest_of(sealed.folder)
    publish_bundle(store, sealed.folder, manifest, b"signature")
    assert len(store.keys("blobs/")) == len(set(FILES.values())) + 1
    assert len(store.keys("bundles/")) == 4


def test_a_fetched_release_takes_the_place_of_what_was_there(sealed: Bundle, tmp_path: Path) -> None:
    """The folder is replaced as a whole."""
    store = LocalStore(tmp_path / "store")
    into = make_bundle(tmp_path / "into", {"old": b"old"})
    fetch_bundle(store, publish(store, sealed), into)
    assert not (into / "old").exists()


@pytest.mark.parametrize("change", [{"extra": b"x"}, {"model/model.skops": b"other"}, {"manifest.json": b"{}"}])
def test_a_folder_that_is_not_what_the_manifest_says(
    change: dict[str, bytes], sealed: Bundle, key: SigningKey, tmp_path: Path
) -> None:
    """A file that changed after the manifest was made is named, neither sealed nor published."""
    make_bundle(sealed.folder, change)
    store = LocalStore(tmp_path / "store")
    for act in (lambda: seal_bundle(sealed.folder, sealed.manifest, key), lambda: publish(store, sealed)):
        with pytest.raises(IntegrityError, match=next(iter(change))):
            act()
    assert store.keys() == []


@pytest.mark.parametrize("name", ["model/model.skops", "requirements.lock", "empty"])
@pytest.mark.parametrize("change", ["changed", "removed"])
def test_a_blob_that_was_touched_is_named(name: str, change: str, sealed: Bundle, tmp_path: Path) -> None:
    """Fetching stops, says which file, what was expected and what was found, and leaves nothing."""
    store = LocalStore(tmp_path / "store")
    digest = publish(store, sealed)
    expected = sealed.manifest.files[name]
    touch(store, blob_key(expected), change)
    for act in (
        lambda: fetch_bundle(store, digest, tmp_path / "fetched" / "bundle"),
        lambda: read_bundle_file(store, sealed.manifest, name),
    ):
        with pytest.raises(IntegrityError) as caught:
            act()
        assert expected in str(caught.value)
        assert (digest_bytes(b"touched") in str(caught.value)) is (change == "changed")
    assert list((tmp_path / "fetched").iterdir()) == []


def test_publishing_onto_a_blob_that_was_touched_is_refused(sealed: Bundle, tmp_path: Path) -> None:
    """A release never rests on content that is not its own."""
    store = LocalStore(tmp_path / "store")
    store.create(blob_key(sealed.manifest.files["empty"]), b"not empty")
    with pytest.raises(IntegrityError, match="blobs/sha256"):
        publish(store, sealed)
    assert store.keys("bundles/") == []


def test_a_manifest_that_was_touched_is_refused(sealed: Bundle, tmp_path: Path) -> None:
    """The manifest is known by its own digest."""
    store = LocalStore(tmp_path / "store")
    digest = publish(store, sealed)
    touch(store, manifest_key(digest), "changed")
    with pytest.raises(IntegrityError, match=r"manifest\.json") as caught:
        fetch_manifest(store, digest)
    assert digest in str(caught.value)
    with pytest.raises(IntegrityError, match=r"manifest\.json"):
        publish(store, sealed)


def test_a_missing_signature_is_named(sealed: Bundle, tmp_path: Path) -> None:
    """A release without a signature is not fetched."""
    store = LocalStore(tmp_path / "store")
    digest = publish(store, sealed)
    touch(store, signature_key(digest), "removed")
    with pytest.raises(IntegrityError, match=r"signature\.json"):
        fetch_bundle(store, digest, tmp_path / "fetched")


def test_a_release_or_file_that_is_not_there(store: Store, sealed: Bundle, tmp_path: Path) -> None:
    """An unknown release and an unknown file are unknown names, not damage."""
    with pytest.raises(NotStored):
        fetch_bundle(store, sealed.digest, tmp_path / "fetched")
    with pytest.raises(NotStored, match="no file 'absent'"):
        read_bundle_file(store, sealed.manifest, "absent")


def touch(store: LocalStore, key: str, change: str) -> None:
    """Do to a local store what nobody may."""
    path = store.folder / key
    if change == "removed":
        path.unlink()
    else:
        path.write_bytes(b"touched")


@dataclass(frozen=True)
class DyingStore(LocalStore):
    """A local store whose process is killed when it wants to write more often than `writes` lasts."""

    writes: Iterator[int]

    def create(self, key: str, content: bytes) -> None:
        """Die, or write."""
        self._count(key)
        super().create(key, content)

    def create_from_file(self, key: str, path: Path) -> None:
        """Die, or write."""
        self._count(key)
        super().create_from_file(key, path)

    def _count(self, key: str) -> None:
        if not self.contains(key) and next(self.writes, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)


def in_child(work: Callable[[], object], kill_after: float | None = None) -> bool:
    """Do `work` in a forked process, killed after some seconds if any; tell whether it was killed."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def state(store: LocalStore) -> dict[str, str]:
    """Return every file below the store's folder, temporary ones too."""
    return digest_files(store.folder)


def check_whole_or_absent(store: LocalStore, bundle: Bundle) -> None:
    """A manifest in the store means that the whole release is there."""
    if store.contains(manifest_key(bundle.digest)):
        assert store.contains(signature_key(bundle.digest))
        for sha256 in bundle.manifest.files.values():
            assert digest_bytes(store.read(blob_key(sha256))) == sha256


def test_killed_before_any_write_and_run_again(sealed: Bundle, tmp_path: Path) -> None:
    """Killed at each boundary between writes, once after the other, publishing ends as if undisturbed."""
    undisturbed, store = LocalStore(tmp_path / "undisturbed"), LocalStore(tmp_path / "store")
    publish(undisturbed, sealed)
    kills = 0
    while in_child(lambda: publish(DyingStore(store.folder, iter([1])), sealed)):
        kills += 1
        check_whole_or_absent(store, sealed)
    assert kills == len(undisturbed.keys()) - 1
    assert state(store) == state(undisturbed)


def test_killed_at_any_time_and_run_again(tmp_path: Path, key: SigningKey) -> None:
    """Killed fifteen times at random moments, inside of writes too, publishing ends as if undisturbed."""
    content = numpy.random.default_rng(7).bytes(3_000_000)
    folder = make_bundle(tmp_path / "bundle", {f"part-{n}": content[n:] for n in range(8)})
    manifest = manifest_of(folder)
    bundle = Bundle(folder, manifest, seal_bundle(folder, manifest, key))
    undisturbed = LocalStore(tmp_path / "undisturbed")
    started = time.perf_counter()
    publish(undisturbed, bundle)
    duration = time.perf_counter() - started
    moments = numpy.random.default_rng(11)
    killed = 0
    for attempt in range(15):
        store = LocalStore(tmp_path / f"store-{attempt}")
        killed += in_child(lambda: publish(store, bundle), kill_after=moments.uniform(0, duration))  # noqa: B023
        check_whole_or_absent(store, bundle)
        publish(store, bundle)
        assert state(store) == state(undisturbed)
    assert killed > 0
