"""Where the gateway may listen: beyond loopback only with a key that nobody can guess."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from roadworthy.access.key_reading import KnownKey
from roadworthy.access.key_ring import KeyRing
from roadworthy.access.keys import digest_secret
from roadworthy.access.refusal import CREATE
from roadworthy.errors import UsageError

_DEFAULTS = (
    "", "admin", "api-key", "apikey", "changeit", "change-me", "change_me", "changeme", "default", "demo", "dummy",
    "example", "guest", "key", "letmein", "none", "null", "password", "placeholder", "qwerty", "replace-me", "root",
    "roadworthy", "secret", "sk-1234", "test", "test-key", "todo", "token", "undefined", "your-api-key", "xxx",
    *("0123456789abcdef"[: length + 1] for length in range(16)),
    *("1234567890"[: length + 1] for length in range(10)),
    *(letter * length for letter in "0ax" for length in range(1, 65)),
)  # fmt: skip
"""What stands where a secret should, in examples and installation guides."""


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach `host`; a name other than localhost is not looked up, and is none."""
    name = host.strip().removeprefix("[").removesuffix("]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_bindable(host: str, ring: KeyRing, now: datetime) -> None:
    """Raise `UsageError` when `host` can be reached by others and anybody could call.

    That is so when there is no key that can be used, when one's secret is empty, short or taken from an example, or
    when callers without a key are let in.
    """
    if is_loopback(host):
        return
    if ring.settings.anonymous:
        raise _refused(host, "callers without a key are let in", "allow that on loopback only")
    usable = [known for known in ring.snapshot.known.values() if _is_usable(ring, known, now)]
    if not usable:
        raise _refused(host, "there is no key", f"create one first: `{CREATE}`")
    weak = {digest_secret(secret) for secret in _DEFAULTS}
    for known in usable:
        if known.secret_digest in weak:
            revoke = f"`roadworthy keys revoke {known.key.id} --reason weak`, and create another"
            raise _refused(host, f"the secret of key {known.key.id} is a default that everybody knows", revoke)


def _is_usable(ring: KeyRing, known: KnownKey, now: datetime) -> bool:
    expires = known.key.expires_at
    return known.key.id not in ring.snapshot.revoked and (expires is None or expires > now)


def _refused(host: str, problem: str, remedy: str) -> UsageError:
    return UsageError(f"the gateway does not listen on {host}: {problem}", where="--host", remedy=remedy)
