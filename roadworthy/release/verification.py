"""Is a stored release what was released? The answer as a value, file by file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from roadworthy.atomic import write_bytes
from roadworthy.digest import digest_file
from roadworthy.errors import IntegrityError
from roadworthy.release.bundle import blob_key, fetch_manifest, signature_key
from roadworthy.release.signing import verify_folder
from roadworthy.release.statement import MANIFEST
from roadworthy.store import NotStored, Store


class Verdict(StrEnum):
    """What became of something that was stored."""

    OK = "ok"
    MISSING = "missing"
    CHANGED = "changed"


@dataclass(frozen=True)
class FileVerdict:
    """What became of one file of the bundle."""

    name: str
    verdict: Verdict
    expected: str
    """The SHA-256 in the manifest."""
    actual: str | None
    """The SHA-256 of what is stored; None when nothing is."""


@dataclass(frozen=True)
class Verification:
    """What became of a release."""

    digest: str
    manifest: Verdict
    signature: Verdict
    """Changed, too, when a file is: it was made over all of them."""
    files: tuple[FileVerdict, ...]
    """Empty when the manifest, which lists them, is not ok."""
    explanation: str | None = None
    """What is wrong with manifest or signature, for people."""

    @property
    def intact(self) -> bool:
        """Tell whether everything is what was released."""
        return not self.faults

    @property
    def faults(self) -> tuple[str, ...]:
        """Name what is not ok, and how."""
        verdicts = [(file.name, file.verdict) for file in self.files]
        verdicts += [(MANIFEST, self.manifest), ("signature.json", self.signature)]
        return tuple(f"{name} {verdict}" for name, verdict in verdicts if verdict is not Verdict.OK)


def verify_release(store: Store, digest: str, public_key: Path) -> Verification:
    """Check manifest, signature and each file of the release `digest`.

    Raises only when the check itself is impossible: `Unavailable`, or `UsageError` without a public key.
    """
    try:
        manifest = fetch_manifest(store, digest)
    except NotStored as error:
        return Verification(digest, Verdict.MISSING, _presence(store, digest), (), error.problem)
    except IntegrityError as error:
        return Verification(digest, Verdict.CHANGED, _presence(store, digest), (), error.problem)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch, "bundle")
        files = tuple(_verify_file(store, *item, folder) for item in manifest.files.items())
        write_bytes(folder / MANIFEST, manifest.to_bytes())
        try:
            verify_folder(folder, store.read(signature_key(digest)), public_key)
        except NotStored as error:
            return Verification(digest, Verdict.OK, Verdict.MISSING, files, error.problem)
        except IntegrityError as error:
            return Verification(digest, Verdict.OK, Verdict.CHANGED, files, error.problem)
    return Verification(digest, Verdict.OK, Verdict.OK, files)


def require_intact(verification: Verification) -> None:
    """Raise `IntegrityError` that names everything which is not what was released."""
    if not verification.intact:
        raise IntegrityError(
            f"The release is not what was released: {', '.join(verification.faults)}.",
            where=f"release {verification.digest}",
            remedy="Don't use it. Put the store back from a copy, or roll back to another release.",
        )


def _presence(store: Store, digest: str) -> Verdict:
    """Without its manifest a signature can't be checked: it is there and in doubt, or missing."""
    return Verdict.CHANGED if store.contains(signature_key(digest)) else Verdict.MISSING


def _verify_file(store: Store, name: str, expected: str, folder: Path) -> FileVerdict:
    path = folder / name
    try:
        store.read_to_file(blob_key(expected), path)
    except NotStored:
        return FileVerdict(name, Verdict.MISSING, expected, None)
    actual = digest_file(path)
    verdict = Verdict.OK if actual == expected else Verdict.CHANGED
    return FileVerdict(name, verdict, expected, actual)
