"""The head of the audit log as this machine saw it last, so that a log which was cut shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.chain.link import Head
from roadworthy.digest import SHORT, digest_bytes
from roadworthy.errors import IntegrityError
from roadworthy.store import explaining


@dataclass(frozen=True)
class RememberedHead:
    """The head of the log in the store at `address`, in a file of its own in `folder`."""

    folder: Path
    address: str

    def read(self) -> Head | None:
        """Return the head that was seen last, or None when none was. Raises `IntegrityError` for a damaged file."""
        with explaining(self._path):
            if not self._path.exists():
                return None
            content = self._path.read_bytes()
        try:
            kept = json.loads(content)
            return Head(int(kept["sequence"]), str(kept["digest"]))
        except (ValueError, KeyError, TypeError):
            raise IntegrityError(
                "What this machine remembers of the audit log is damaged.",
                where=str(self._path),
                remedy="Remove the file: the next check remembers anew, and can't show what was cut off before.",
            ) from None

    def write(self, head: Head) -> None:
        """Remember a head; an empty log is nothing to remember."""
        if head.sequence:
            content = {"store": self.address, "sequence": head.sequence, "digest": head.digest}
            with explaining(self._path):
                write_bytes(self._path, readable_json(content))

    @property
    def _path(self) -> Path:
        return self.folder / f"{digest_bytes(self.address.encode())[:SHORT]}.json"
