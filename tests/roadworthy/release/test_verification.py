"""Verifying a release: the answer names every file, and never takes a touched one for whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from release_samples import FILES, make_bundle, manifest_of

from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError, UsageError
from roadworthy.release.bundle import blob_key, manifest_key, publish_bundle, seal_bundle, signature_key
from roadworthy.release.manifest import Manifest
from roadworthy.release.signing import SigningKey, ensure_signing_key
from roadworthy.release.verification import Verdict, require_intact, verify_release
from roadworthy.store import LocalStore, Store


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    """A key, made on first use."""
    return ensure_signing_key(tmp_path_factory.mktemp("keys") / "signing.pem")


def released(store: Store, folder: Path, key: SigningKey) -> Manifest:
    """Seal and publish the sample bundle."""
    manifest = manifest_of(make_bundle(folder))
    publish_bundle(store, folder, manifest, seal_bundle(folder, manifest, key))
    return manifest


@pytest.fixture
def local(tmp_path: Path) -> LocalStore:
    """A store whose files a test can touch."""
    return LocalStore(tmp_path / "store")


def test_an_untouched_release_is_intact(store: Store, tmp_path: Path, key: SigningKey) -> None:
    """Every file, the manifest and the signature are ok, in a store of every kind."""
    manifest = released(store, tmp_path / "bundle", key)
    found = verify_release(store, manifest.digest, key.public)
    assert found.intact
    assert (found.manifest, found.signature, found.explanation) == (Verdict.OK, Verdict.OK, None)
    assert [file.name for file in found.files] == sorted(FILES)
    assert all(file.verdict is Verdict.OK and file.actual == file.expected for file in found.files)
    require_intact(found)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", [None, b"touched"])
def test_each_touched_file_is_named(
    name: str, change: bytes | None, local: LocalStore, tmp_path: Path, key: SigningKey
) -> None:
    """A file that is missing or changed has that verdict, files with other content stay ok."""
    manifest = released(local, tmp_path / "bundle", key)
    path = local.folder / blob_key(manifest.files[name])
    path.unlink() if change is None else path.write_bytes(change)
    found = verify_release(local, manifest.digest, key.public)
    expected = Verdict.MISSING if change is None else Verdict.CHANGED
    for file in found.files:
        shares_the_blob = FILES[file.name] == FILES[name]
        assert file.verdict is (expected if shares_the_blob else Verdict.OK)
        if shares_the_blob:
            assert file.actual == (None if change is None else digest_bytes(change))
    assert (found.manifest, found.signature) == (Verdict.OK, Verdict.CHANGED)
    with pytest.raises(IntegrityError, match=f"{name} {expected}") as caught:
        require_intact(found)
    assert caught.value.exit_code == 4


def test_a_touched_manifest_is_told(local: LocalStore, tmp_path: Path, key: SigningKey) -> None:
    """A manifest that is not the release's lists nothing that one could rely on."""
    digest = released(local, tmp_path / "bundle", key).digest
    path = local.folder / manifest_key(digest)
    path.write_bytes(path.read_bytes().replace(b"flight-delay", b"flight-delax"))
    found = verify_release(local, digest, key.public)
    assert (found.manifest, found.signature, found.files) == (Verdict.CHANGED, Verdict.CHANGED, ())
    assert digest in str(found.explanation)
    path.unlink()
    found = verify_release(local, digest, key.public)
    assert (found.manifest, found.intact) == (Verdict.MISSING, False)


def test_a_touched_signature_is_told(local: LocalStore, tmp_path: Path, key: SigningKey) -> None:
    """A changed or missing signature is told, though every file is ok."""
    digest = released(local, tmp_path / "bundle", key).digest
    path = local.folder / signature_key(digest)
    content = path.read_bytes()
    for damage, expected in (
        (content[:-40], Verdict.CHANGED),
        (b"", Verdict.CHANGED),
        (None, Verdict.MISSING),
    ):
        path.unlink() if damage is None else path.write_bytes(damage)
        found = verify_release(local, digest, key.public)
        assert (found.manifest, found.signature) == (Verdict.OK, expected)
        assert found.faults == (f"signature.json {expected}",)
        assert found.explanation


def test_a_signature_of_somebody_else_is_told(local: LocalStore, tmp_path: Path, key: SigningKey) -> None:
    """A release that another key signed does not pass."""
    other = ensure_signing_key(tmp_path / "other.pem")
    digest = released(local, tmp_path / "bundle", other).digest
    assert verify_release(local, digest, key.public).signature is Verdict.CHANGED
    assert verify_release(local, digest, other.public).intact


def test_without_a_public_key_there_is_no_answer(local: LocalStore, tmp_path: Path, key: SigningKey) -> None:
    """A missing key is a mistake in the request."""
    digest = released(local, tmp_path / "bundle", key).digest
    with pytest.raises(UsageError, match="no key"):
        verify_release(local, digest, tmp_path / "absent.pub")
