"""What a reader knows of the keys: an immutable snapshot, and how the next one is read with as little as possible."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from roadworthy.access.key_records import CREATED, KEYS, REVOKED
from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import Key
from roadworthy.errors import IntegrityError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KnownKey:
    """A key that was read, with its secret's digest."""

    key: Key
    secret_digest: bytes = field(repr=False)


@dataclass(frozen=True)
class KeySnapshot:
    """All keys at one moment."""

    known: Mapping[str, KnownKey] = field(default_factory=lambda: MappingProxyType({}))
    """By id, revoked ones too."""
    revoked: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    """The keys whose records can't be read: refused, and read again only in a new process."""

    @property
    def empty(self) -> bool:
        """Whether no key was ever created."""
        return not (self.known or self.revoked or self.broken)


@dataclass(frozen=True)
class KeyListing:
    """Which records there are at one moment."""

    created: frozenset[str]
    revoked: frozenset[str]


def list_keys(keys: KeyStore) -> KeyListing:
    """Return which keys were created and which revoked, from one listing of the store. Raises `Unavailable`."""
    parts = [name.removeprefix(KEYS).partition("/") for name in keys.store.keys(KEYS)]
    found = {name: frozenset(key_id for key_id, _, file in parts if file == name) for name in (CREATED, REVOKED)}
    return KeyListing(found[CREATED], found[REVOKED])


def with_revocations(before: KeySnapshot, listing: KeyListing) -> KeySnapshot:
    """Return `before` without the keys that were revoked since: that a revocation exists counts, whatever is in it."""
    return before if listing.revoked == before.revoked else replace(before, revoked=listing.revoked | before.revoked)


def with_new_keys(keys: KeyStore, before: KeySnapshot, listing: KeyListing) -> KeySnapshot:
    """Return `before` with the keys that were created since, one read for each. Raises `Unavailable`."""
    new = sorted(listing.created - before.known.keys() - before.broken)
    if not new:
        return before
    read = {key_id: _read(keys, key_id) for key_id in new}
    known = {**before.known, **{key_id: one for key_id, one in read.items() if one is not None}}
    broken = before.broken | {key_id for key_id, one in read.items() if one is None}
    return replace(before, known=MappingProxyType(known), broken=broken)


def _read(keys: KeyStore, key_id: str) -> KnownKey | None:
    try:
        record = keys.created(key_id)
    except IntegrityError as error:
        _log.error("a key is refused: %s (%s)", error.problem, error.where)
        return None
    return KnownKey(record.key, bytes.fromhex(record.secret_sha256))
