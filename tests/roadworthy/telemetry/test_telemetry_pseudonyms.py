"""Pseudonyms tell people apart and name nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import IntegrityError
from roadworthy.telemetry.pseudonyms import Pseudonymiser, Pseudonyms, open_pseudonymiser
from roadworthy.tools.keyed_digest import KeyedDigest

SOME = Pseudonymiser(KeyedDigest(b"k" * 32))


@given(st.text(), st.text(), st.text())
def test_a_pseudonym_is_sixteen_digits_and_empty_stays_empty(tenant: str, user: str, conversation: str) -> None:
    """Whatever a client sends as a name, half a surrogate pair too."""
    found = SOME.of(tenant, user, conversation)
    for name, pseudonym in ((tenant, found.tenant), (user, found.user), (conversation, found.conversation)):
        assert re.fullmatch(r"[0-9a-f]{16}" if name else "", pseudonym)
    assert SOME.of("x", "\ud800").user


def test_a_name_has_one_pseudonym_for_each_role_and_tenant() -> None:
    """User 1 of one tenant is not user 1 of another, nor a conversation 1."""
    names = ["ann", "bob"]
    found = [SOME.of(tenant, user, user) for tenant in names for user in names]
    every = {one.user for one in found} | {one.conversation for one in found} | {one.tenant for one in found}
    assert len(every) == 4 + 4 + 2
    assert SOME.of("ann", "bob", "bob") == found[1]
    assert SOME.of("") == Pseudonyms()


def test_the_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    """A second opening has the same pseudonyms, another key has others, and nobody else may read the file."""
    path = tmp_path / "keys" / "telemetry"
    assert open_pseudonymiser(path).of("acme") == open_pseudonymiser(path).of("acme")
    assert open_pseudonymiser(path).of("acme") != open_pseudonymiser(tmp_path / "other").of("acme")
    assert path.stat().st_mode & 0o077 == 0


def test_a_damaged_key_says_whose_it_is(tmp_path: Path) -> None:
    """The error speaks of telemetry, not of another key."""
    (tmp_path / "key").write_text("short")
    with pytest.raises(IntegrityError, match="telemetry"):
        open_pseudonymiser(tmp_path / "key")
