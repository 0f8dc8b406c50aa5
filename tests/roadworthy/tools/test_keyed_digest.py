"""Digests under a key that is made once, kept to its owner, and never shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError, Unavailable
from roadworthy.tools.keyed_digest import KeyedDigest, keyed_digest


def test_a_digest_depends_on_key_purpose_and_value(tmp_path: Path) -> None:
    """Digests are the same for the same three, and different for any other."""
    one, other = keyed_digest(tmp_path / "a"), keyed_digest(tmp_path / "b")
    found = {one.of("user", "ann"), other.of("user", "ann"), one.of("caller", "ann"), one.of("user", "bob")}
    assert len(found) == 4
    assert keyed_digest(tmp_path / "a").of("user", "ann") == one.of("user", "ann")
    assert digest_bytes(b"ann") not in found


def test_the_key_is_its_owners_alone_and_never_shown(tmp_path: Path) -> None:
    """Nobody else may read the file, and a traceback or a log that shows the object shows no key."""
    digest = keyed_digest(tmp_path / "keys" / "audit")
    assert (tmp_path / "keys" / "audit").stat().st_mode & 0o077 == 0
    assert digest.key.hex() not in repr(digest)
    assert str(digest.key) not in repr(digest)


def test_of_many_first_uses_one_key_comes(tmp_path: Path) -> None:
    """Who opens the key at the same moment gets the same one."""
    with ThreadPoolExecutor(16) as pool:
        keys = {digest.key for digest in pool.map(keyed_digest, [tmp_path / "key"] * 32)}
    assert len(keys) == 1


@pytest.mark.parametrize("content", [b"", b"abcd", b"no hex", b"\xff" * 64])
def test_a_damaged_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """A short, empty or foreign file is no key, and is left as it is."""
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(IntegrityError, match="damaged"):
        keyed_digest(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == content


def test_a_key_that_can_not_be_made_says_so(tmp_path: Path) -> None:
    """A file in the place of the folder is an error for people."""
    (tmp_path / "keys").write_text("")
    with pytest.raises(Unavailable):
        keyed_digest(tmp_path / "keys" / "audit")


def test_a_short_key_is_no_key() -> None:
    """A key in memory is held to the same length."""
    with pytest.raises(ValueError, match="32 bytes"):
        KeyedDigest(b"short")
