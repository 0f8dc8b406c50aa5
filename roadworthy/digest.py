"""SHA-256 digests of bytes, files and folders, as 64 lower-case hexadecimal digits."""

from __future__ import annotations

import hashlib
from pathlib import Path

from roadworthy.canonical import canonical_json

SHORT = 12
"""How many digits people see."""


def digest_bytes(content: bytes) -> str:
    """Return the SHA-256 of `content`."""
    return hashlib.sha256(content).hexdigest()


def digest_file(path: Path) -> str:
    """Return the SHA-256 of the file at `path`, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_files(folder: Path) -> dict[str, str]:
    """Map each file below `folder` (its POSIX path relative to it, sorted) to its digest."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): digest_file(path) for path in paths}


def digest_path(path: Path) -> str:
    """Return the digest of a file, or of a folder's file names and digests."""
    return digest_bytes(canonical_json(digest_files(path))) if path.is_dir() else digest_file(path)
