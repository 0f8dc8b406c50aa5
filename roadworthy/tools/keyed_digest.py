"""Digests that only the holder of a key can compute: short secrets such as user ids can't be guessed from them."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roadworthy.canonical import canonical_json
from roadworthy.create_once import creating
from roadworthy.errors import IntegrityError
from roadworthy.store import explaining

_BYTES = 32


@dataclass(frozen=True)
class KeyedDigest:
    """HMAC-SHA256 (RFC 2104) under one key."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < _BYTES:
            raise ValueError(f"a key has at least {_BYTES} bytes")

    def of(self, purpose: str, value: Any) -> str:
        """Return 64 hexadecimal digits for a JSON value; the same value differs between purposes."""
        return hmac.new(self.key, canonical_json([purpose, value]), hashlib.sha256).hexdigest()


def keyed_digest(path: Path) -> KeyedDigest:
    """Return the digest with the key in the file at `path`, which is made at the first use, for its owner alone.

    Raises `IntegrityError` when the file holds no key, and `Unavailable` when it can't be read or made.
    """
    with explaining(path):
        if not path.exists():
            _make(path)
        text = path.read_bytes()
    try:
        return KeyedDigest(bytes.fromhex(text.decode("ascii").strip()))
    except ValueError:
        raise IntegrityError(
            "The key of the audit log is damaged.",
            where=str(path),
            remedy="Restore it from a copy. With a new key, customers in old entries can't be matched any more.",
        ) from None


def _make(path: Path) -> None:
    try:
        with creating(path) as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(secrets.token_hex(_BYTES).encode() + b"\n")
    except FileExistsError:
        pass  # Somebody else was faster: that one's key it is.
