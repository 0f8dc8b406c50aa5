"""Request ids that sort by time and show, to whoever has the key alone, for which tenant they were made."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import time
from base64 import b32hexdecode, b32hexencode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

_TIME, _RANDOM, _MARK = 6, 7, 7
"""Bytes: milliseconds since 1970, chance, and a keyed digest of both and the tenant."""
_FORM = re.compile(r"[0-9a-v]{32}")
_KEY_BYTES = 32


def is_request_id(text: str) -> bool:
    """Tell whether a text has the form of a request id."""
    return _FORM.fullmatch(text) is not None


def made_at(request_id: str) -> datetime | None:
    """Return when an id was made, to the millisecond, as the id itself says; None for a text that is no id."""
    if not is_request_id(request_id):
        return None
    try:
        return datetime.fromtimestamp(int.from_bytes(_parts(request_id)[:_TIME], "big") / 1000, UTC)
    except (OverflowError, ValueError):  # Made up: the year 9999 is over.
        return None


@dataclass(frozen=True)
class RequestIds:
    """Makes and checks request ids of 32 letters and digits, by a key that all workers share.

    An id holds a MAC (keyed BLAKE2b, RFC 7693) of its time, its random part and the tenant. So no list of ids has to
    be kept to refuse one that a tenant never got, and a guess is right once in 2⁵⁶. The text is base32hex (RFC 4648
    section 7, lower case), which sorts as the bytes do.
    """

    key: bytes = field(repr=False)
    """32 to 64 bytes."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""

    def __post_init__(self) -> None:
        if not _KEY_BYTES <= len(self.key) <= hashlib.blake2b.MAX_KEY_SIZE:
            raise ValueError(f"a key has {_KEY_BYTES} to {hashlib.blake2b.MAX_KEY_SIZE} bytes")

    def new(self, tenant: str = "") -> str:
        """Return a new id for a request of `tenant`; empty while nobody knows whose it is."""
        milliseconds = int(self.clock() * 1000)
        return self._marked(milliseconds.to_bytes(_TIME, "big") + os.urandom(_RANDOM), tenant)

    def bound(self, request_id: str, tenant: str) -> str:
        """Return an id that was made for nobody as one of `tenant`: time and chance stay. Raises `ValueError`."""
        return self._marked(_parts(request_id), tenant)

    def made_for(self, request_id: str, tenant: str) -> bool:
        """Tell whether this id was made for this tenant; for anything else, whatever it looks like, it is no."""
        if not is_request_id(request_id):
            return False
        return hmac.compare_digest(self._marked(_parts(request_id), tenant), request_id)

    def _marked(self, unique: bytes, tenant: str) -> str:
        named = unique + tenant.encode("utf-8", "surrogatepass")
        mark = hashlib.blake2b(named, digest_size=_MARK, key=self.key, person=b"request id").digest()
        return b32hexencode(unique + mark).decode().lower()


def _parts(request_id: str) -> bytes:
    """Return the time and the random part of an id."""
    if not is_request_id(request_id):
        raise ValueError("this has not the form of a request id")
    return b32hexdecode(request_id.upper())[: _TIME + _RANDOM]
