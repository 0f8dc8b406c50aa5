"""The keys in the shared store: created once, revoked once, never changed; so that no machine sees half a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from roadworthy.access.act import AdministrativeAct, not_audited
from roadworthy.access.key_records import (
    CREATED,
    KEYS,
    CreatedKey,
    KeyEntry,
    Revocation,
    created_name,
    parse_created,
    parse_revocation,
    record_bytes,
    revoked_name,
)
from roadworthy.access.keys import KEY_ID, IssuedKey, Key, KeyTerms, digest_secret, key_text, new_id, new_secret
from roadworthy.clock import utc_now
from roadworthy.errors import UnknownName, UsageError
from roadworthy.store import AlreadyStored, NotStored, Store


@dataclass(frozen=True)
class KeyStore:
    """The keys in `store`. Every method raises `Unavailable` when the store can't be reached."""

    store: Store
    audit: Callable[[AdministrativeAct], None] = not_audited
    """Called before each act takes effect: what it can't record is not done."""
    clock: Callable[[], datetime] = utc_now

    def create(self, terms: KeyTerms, by: str) -> IssuedKey:
        """Make a key and return it with its text, which can't be had again: only the secret's digest is kept.

        Raises `UsageError` when the terms end before they begin.
        """
        now = self.clock()
        if terms.expires_at is not None and terms.expires_at <= now:
            raise UsageError("the key would have expired already", where="expires", remedy="name a later moment")
        key = Key(**dict(terms), id=new_id(), created_at=now, created_by=by)
        secret = new_secret()
        record = CreatedKey(key=key, secret_sha256=digest_secret(secret).hex())
        self.audit(AdministrativeAct(now, by, "key created", key.id, key.tenant))
        self.store.create(created_name(key.id), record_bytes(record))
        return IssuedKey(key, key_text(key.id, secret))

    def revoke(self, key_id: str, reason: str, by: str) -> Revocation:
        """End a key for good, and return its revocation: the first one, if it was revoked already.

        Raises `UnknownName` when there is no such key.
        """
        entry = self.entry(key_id)
        if entry.revocation is not None:
            return entry.revocation
        revocation = Revocation(at=self.clock(), by=by, reason=reason)
        self.audit(AdministrativeAct(revocation.at, by, "key revoked", key_id, entry.key.tenant, reason))
        try:
            self.store.create(revoked_name(key_id), record_bytes(revocation))
        except AlreadyStored:
            # Somebody else was faster.
            return self._revocation(key_id) or revocation
        return revocation

    def entry(self, key_id: str) -> KeyEntry:
        """Return a key as it stands. Raises `UnknownName`, or `IntegrityError` when its record is broken."""
        try:
            created = self.created(key_id) if KEY_ID.fullmatch(key_id) else None
        except NotStored:
            created = None
        if created is None:
            raise self._unknown(key_id)
        return KeyEntry(created.key, bytes.fromhex(created.secret_sha256), self._revocation(key_id))

    def entries(self) -> tuple[KeyEntry, ...]:
        """Return all keys as they stand, by tenant and time. Raises `IntegrityError` when a record is broken."""
        found = [self.entry(key_id) for key_id in self._ids()]
        return tuple(sorted(found, key=lambda entry: (entry.key.tenant, entry.key.created_at)))

    def created(self, key_id: str) -> CreatedKey:
        """Return the record of a key's creation. Raises `NotStored`, or `IntegrityError`."""
        name = created_name(key_id)
        return parse_created(self.store.read(name), key_id, f"{self.store.address}: {name}")

    def _revocation(self, key_id: str) -> Revocation | None:
        name = revoked_name(key_id)
        try:
            return parse_revocation(self.store.read(name), f"{self.store.address}: {name}")
        except NotStored:
            return None

    def _ids(self) -> list[str]:
        parts = (name.removeprefix(KEYS).split("/") for name in self.store.keys(KEYS))
        return [part[0] for part in parts if part[1:] == [CREATED]]

    def _unknown(self, key_id: str) -> UnknownName:
        near = get_close_matches(key_id, self._ids(), n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        # Somebody may have given the whole key here: its secret must not come back in an error.
        shown = f" {key_id!r}" if len(key_id) <= 16 else " of that id"
        return UnknownName(f"there is no key{shown}", remedy=f"{meant}`roadworthy keys list` shows all ids")
