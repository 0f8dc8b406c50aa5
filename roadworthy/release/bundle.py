"""Bundles: sealed by a manifest and a signature, published to a store in pieces, fetched back and checked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from roadworthy.atomic import replacing_folder_or_file, write_bytes
from roadworthy.digest import digest_bytes, digest_file, digest_files
from roadworthy.errors import IntegrityError
from roadworthy.release.manifest import Manifest
from roadworthy.release.signing import SigningKey, sign_folder
from roadworthy.release.statement import MANIFEST
from roadworthy.store import AlreadyStored, NotStored, Store


@dataclass(frozen=True)
class Bundle:
    """A release on this machine."""

    folder: Path
    """The files that the manifest lists, and the manifest."""
    manifest: Manifest
    signature: bytes
    """Over the folder's files, the manifest too; see roadworthy/release/signing.py."""

    @property
    def digest(self) -> str:
        """The release's digest."""
        return self.manifest.digest


def blob_key(sha256: str) -> str:
    """Return the key under which a store keeps the content with this digest, once for all releases."""
    return f"blobs/sha256/{sha256}"


def manifest_key(digest: str) -> str:
    """Return the key of a release's manifest. It is written last: where it is, the release is whole."""
    return f"bundles/{digest}/{MANIFEST}"


def signature_key(digest: str) -> str:
    """Return the key of a release's signature."""
    return f"bundles/{digest}/signature.json"


def seal_bundle(folder: Path, manifest: Manifest, key: SigningKey) -> bytes:
    """Return a signature over the files in `folder` and their manifest; `folder` stays as it is.

    Raises `IntegrityError` unless the files in `folder` are just what the manifest lists.
    """
    _check_folder(folder, manifest)
    with _beside_manifest(folder, manifest) as sealed:
        return sign_folder(sealed, key)


def publish_bundle(store: Store, folder: Path, manifest: Manifest, signature: bytes) -> str:
    """Store the sealed bundle in `folder`, and return the release's digest.

    Content, then signature, then manifest. What is stored already is left: killed at any point and run again,
    it ends in the same state. Signatures differ each time they are made, so the first one stays.
    Raises `IntegrityError` when `folder` changed since it was sealed, or the store holds other content.
    """
    _check_folder(folder, manifest)
    # Files with the same content are one blob.
    for sha256, name in {sha256: name for name, sha256 in manifest.files.items()}.items():
        _publish_file(store, folder / name, sha256)
    digest = manifest.digest
    _create(store, signature_key(digest), signature)
    _create(store, manifest_key(digest), manifest.to_bytes())
    return digest


def fetch_bundle(store: Store, digest: str, into: Path) -> Bundle:
    """Put the release `digest` in the place of the folder `into`, in one step, each file checked.

    The signature is fetched, and not checked: see `verify_folder`. Raises `NotStored` when there is no such
    release, and `IntegrityError` naming the file that is missing or is not what was released.
    """
    manifest = fetch_manifest(store, digest)
    signature = _fetch_signature(store, digest)
    with replacing_folder_or_file(into) as temporary:
        temporary.mkdir()
        for name, sha256 in manifest.files.items():
            _fetch_file(store, name, sha256, temporary)
        write_bytes(temporary / MANIFEST, manifest.to_bytes())
    return Bundle(folder=into, manifest=manifest, signature=signature)


def fetch_manifest(store: Store, digest: str) -> Manifest:
    """Return the manifest of the release `digest`; raises `NotStored` or `IntegrityError`."""
    content = store.read(manifest_key(digest))
    if digest_bytes(content) != digest:
        raise _changed(MANIFEST, digest, digest_bytes(content), store.address)
    return Manifest.from_bytes(content)


def read_bundle_file(store: Store, manifest: Manifest, name: str) -> bytes:
    """Return the content of one file of a release, checked; raises `NotStored` or `IntegrityError`."""
    sha256 = manifest.files.get(name)
    if sha256 is None:
        raise NotStored(f"The release has no file '{name}'.", remedy=f"It has: {', '.join(manifest.files)}.")
    try:
        content = store.read(blob_key(sha256))
    except NotStored as error:
        raise _missing(name, sha256, store.address) from error
    if digest_bytes(content) != sha256:
        raise _changed(name, sha256, digest_bytes(content), store.address)
    return content


def _check_folder(folder: Path, manifest: Manifest) -> None:
    actual, expected = digest_files(folder), manifest.files
    differing = sorted(name for name in actual.keys() | expected.keys() if actual.get(name) != expected.get(name))
    if differing:
        name = differing[0]
        raise _changed(name, expected.get(name, "no such file"), actual.get(name, "no such file"), str(folder))


@contextmanager
def _beside_manifest(folder: Path, manifest: Manifest) -> Iterator[Path]:
    """Yield a folder with the bundle's files and its manifest: what is signed, and what is fetched."""
    # Named like every temporary file of ours, so that `sweep` finds what a killed process left.
    with TemporaryDirectory(prefix=f".tmp-{os.getpid()}-", dir=folder.parent) as scratch:
        sealed = Path(scratch, "bundle")
        # Links where the file system has them: a bundle may be gigabytes large.
        shutil.copytree(folder, sealed, copy_function=_link_or_copy)
        write_bytes(sealed / MANIFEST, manifest.to_bytes())
        yield sealed


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _publish_file(store: Store, path: Path, sha256: str) -> None:
    key = blob_key(sha256)
    if not store.contains(key):
        try:
            store.create_from_file(key, path)
            return
        except AlreadyStored:
            pass  # Somebody else released the same content just now.
    _check_blob(store, key, sha256)


def _check_blob(store: Store, key: str, sha256: str) -> None:
    with TemporaryDirectory() as scratch:
        path = Path(scratch, "blob")
        store.read_to_file(key, path)
        if digest_file(path) != sha256:
            raise _changed(key, sha256, digest_file(path), store.address)


def _create(store: Store, key: str, content: bytes) -> None:
    try:
        store.create(key, content)
    except AlreadyStored:
        if key.endswith(MANIFEST) and store.read(key) != content:
            raise _changed(key, digest_bytes(content), digest_bytes(store.read(key)), store.address) from None


def _fetch_signature(store: Store, digest: str) -> bytes:
    try:
        return store.read(signature_key(digest))
    except NotStored as error:
        raise _missing("signature.json", "any", store.address) from error


def _fetch_file(store: Store, name: str, sha256: str, folder: Path) -> None:
    path = folder / name
    try:
        store.read_to_file(blob_key(sha256), path)
    except NotStored as error:
        raise _missing(name, sha256, store.address) from error
    if digest_file(path) != sha256:
        raise _changed(name, sha256, digest_file(path), store.address)


def _missing(name: str, expected: str, where: str) -> IntegrityError:
    return IntegrityError(
        f"The file '{name}' of the release is missing; its digest is {expected}.",
        where=where,
        remedy="Put it back from a copy of the store; nothing that is stored may ever be removed.",
    )


def _changed(name: str, expected: str, actual: str, where: str) -> IntegrityError:
    return IntegrityError(
        f"The file '{name}' is not what was released: expected {expected}, found {actual}.",
        where=where,
        remedy="Don't use this release: put the file back from a copy, or make the release again.",
    )
