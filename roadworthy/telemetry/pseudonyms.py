"""Names for people that only the holder of a key can connect with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from roadworthy.errors import IntegrityError
from roadworthy.tools.keyed_digest import KeyedDigest, keyed_digest

DIGITS = 16
"""64 bits: among a million users of one key two share a pseudonym with a chance of one in 37 million."""
KEY_DIGITS = 32
"""128 bits: there are more rows than users."""
_REMEMBERED = 4096


@dataclass(frozen=True)
class Pseudonyms:
    """Whom a request was for, as events have it; each 16 hexadecimal digits, or empty where there is nobody."""

    tenant: str = ""
    user: str = ""
    conversation: str = ""


class Pseudonymiser:
    """HMAC-SHA256 (RFC 2104) under one key. The same name has another pseudonym as a user, and at another tenant."""

    def __init__(self, digest: KeyedDigest) -> None:
        self._digest = digest
        # The same few tenants and users come again and again, and a digest costs five microseconds.
        self._of = lru_cache(maxsize=_REMEMBERED)(self._computed)

    def of(self, tenant: str, user: str = "", conversation: str = "") -> Pseudonyms:
        """Return the pseudonyms of a tenant, of its user, and of the conversation; empty stays empty."""
        return Pseudonyms(
            self._of("tenant", "", tenant),
            self._of("user", tenant, user),
            self._of("conversation", tenant, conversation),
        )

    def of_key(self, capability: str, key: str) -> str:
        """Return what is kept of the key that a caller gave a predicted row: 32 hexadecimal digits."""
        return self._digest.of("telemetry key", [_encodable(capability), _encodable(key)])[:KEY_DIGITS]

    def _computed(self, role: str, tenant: str, name: str) -> str:
        if not name:
            return ""
        return self._digest.of(f"telemetry {role}", [_encodable(tenant), _encodable(name)])[:DIGITS]


def open_pseudonymiser(path: Path) -> Pseudonymiser:
    """Return the pseudonymiser with the key in the file at `path`, which is made at the first use, for its owner alone.

    Machines that share a store need the same key file, or one user has a pseudonym on each.
    Raises `IntegrityError` when the file holds no key, and `Unavailable` when it can't be read or made.
    """
    try:
        return Pseudonymiser(keyed_digest(path))
    except IntegrityError:
        raise IntegrityError(
            "The key of the telemetry's pseudonyms is damaged.",
            where=str(path),
            remedy="Restore it from a copy. With a new key, users in older events can't be matched any more.",
        ) from None


def _encodable(name: str) -> str:
    """Spell out half a surrogate pair, which a client may send in JSON and no encoding takes."""
    return name.encode("utf-8", "backslashreplace").decode()
