"""What every kind of source can do, and the limits that hold for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

LARGEST_FILE = 16 * 2**30
"""In bytes; more than that is a mistake or an attack, and would fill the disk."""

PIECE = 2**20
"""How many bytes are held in memory while a file is copied."""


class Pinned(Protocol):
    """A file by its address, and the digest that it has to have."""

    @property
    def uri(self) -> str:
        """A path, an s3:// or https:// address, or a package URL."""

    @property
    def sha256(self) -> str:
        """The digest of the file as fetched."""


@dataclass(frozen=True)
class FetchedSource:
    """A table's file as it lies on this machine, with the digest that was pinned."""

    name: str
    """The file's own name, as its address has it: its ending says how it is packed."""
    path: Path


class SourceKind(Protocol):
    """One way to get a file by its address."""

    def download(self, uri: str) -> str:
        """Name what has to be downloaded for `uri`; addresses with the same answer share one download."""

    def fetch(self, uris: Sequence[str], folder: Path) -> dict[str, Path]:
        """Put the file of each address, all of one download, into `folder`; return where each lies.

        Raises `SourceError` when there is no such file, `Unavailable` when the other side does not answer.
        """
