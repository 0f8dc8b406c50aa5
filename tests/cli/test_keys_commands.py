"""`roadworthy keys`: the secret is shown once, wrong terms are explained, and a list shows how each key stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.front_door import ask

from roadworthy.access.key_ring import KeyRing
from roadworthy.access.key_store import KeyStore
from roadworthy.audit.facts import Administered
from roadworthy.audit.log import AuditLog
from roadworthy.errors import UsageError
from roadworthy.store import LocalStore


def _ring(root: Path) -> KeyRing:
    ring = KeyRing(KeyStore(LocalStore(root / ".roadworthy" / "store")))
    ring.refresh()
    return ring


def test_a_key_is_made_used_listed_and_revoked(tmp_path: Path) -> None:
    """The whole life of a key: its secret is seen once and lies in no file, and the audit log knows of both acts."""
    said = ask(tmp_path, "keys", "create", "--tenant", "acme", "--scope", "capability:churn", "--budget", "5USD/day")
    assert said.code == 0
    text = said.out.split()[-1]
    key = _ring(tmp_path).authenticate(f"Bearer {text}", datetime.now(UTC))
    assert (key.tenant, key.scopes, key.rate, key.concurrency) == ("acme", ("capability:churn",), "60/min", 8)
    secret = text[20:]
    kept = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    listed = ask(tmp_path, "keys", "list").out
    assert kept
    assert secret not in "".join([*kept, listed])
    assert all(word in listed for word in (key.id, "acme", "active", "60/min", "5USD/day", "never"))
    ended = ask(tmp_path, "keys", "revoke", key.id, "--reason", "left the project")
    assert "left the project" in ended.out
    assert "revoked" in ask(tmp_path, "keys", "list").out
    log = AuditLog(LocalStore(tmp_path / ".roadworthy" / "store")).entries()
    facts = [entry.fact for entry in log if isinstance(entry.fact, Administered)]
    assert [(fact.act, fact.key) for fact in facts] == [("key created", key.id), ("key revoked", key.id)]
    with pytest.raises(UsageError, match="revoked"):
        _ring(tmp_path).authenticate(f"Bearer {text}", datetime.now(UTC))


def test_scripts_get_json(tmp_path: Path) -> None:
    """The text of a new key, the terms and the state of all, and the revocation."""
    options = ("--tenant", "acme", "--name", "portal", "--user-limit", "5/min", "--expires", "2100-01-01", "--json")
    made = json.loads(ask(tmp_path, "keys", "create", *options).out)
    assert made["text"].startswith(f"rw_{made['key']['id']}_")
    ask(tmp_path, "keys", "revoke", made["key"]["id"])
    (listed,) = json.loads(ask(tmp_path, "keys", "list", "--json").out)
    assert listed.items() >= made["key"].items()
    assert (listed["status"], listed["user_rate"]) == ("revoked", "5/min")
    assert listed["expires_at"] == "2100-01-01T00:00:00Z"
    assert listed["revocation"]["reason"] == "revoked by hand"
    again = json.loads(ask(tmp_path, "keys", "revoke", listed["id"], "--reason", "other", "--json").out)
    assert again["revocation"] == listed["revocation"]


def test_without_keys_the_list_says_how_to_make_one(tmp_path: Path) -> None:
    """For people a hint, for scripts an empty list."""
    assert "keys create" in ask(tmp_path, "keys", "list").out
    assert json.loads(ask(tmp_path, "keys", "list", "--json").out) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--tenant", "a/b"), "--tenant"),
        (("--tenant", "a", "--scope", "everything"), "--scope"),
        (("--tenant", "a", "--limit", "often"), "--limit"),
        (("--tenant", "a", "--user-limit", "0/min"), "--user-limit"),
        (("--tenant", "a", "--budget", "5/day"), "5USD/day"),
        (("--tenant", "a", "--concurrency", "99999"), "--concurrency"),
        (("--tenant", "a", "--expires", "soon"), "--expires"),
        (("--tenant", "a", "--expires", "2001-01-01"), "expires"),
    ],
)
def test_wrong_terms_name_the_option(tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    """Exit code 2, and no key is made."""
    said = ask(tmp_path, "keys", "create", *options)
    assert said.code == 2
    assert says in said.err
    assert json.loads(ask(tmp_path, "keys", "list", "--json").out) == []


def test_an_unknown_key_cannot_be_revoked(tmp_path: Path) -> None:
    """The error points to the list; it does not repeat what might be a secret."""
    said = ask(tmp_path, "keys", "revoke", "rw_0123456789abcdef_" + "s" * 43)
    assert said.code == 2
    assert "keys list" in said.err
    assert "sss" not in said.err
