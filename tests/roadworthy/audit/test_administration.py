"""What administrators do is recorded before it takes effect: who by a digest, what by an id, and no words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.memory_store import MemoryStore

from roadworthy.access.act import AdministrativeAct
from roadworthy.audit.administration import administration
from roadworthy.audit.facts import Administered
from roadworthy.audit.log import AuditLog
from roadworthy.tools.keyed_digest import KeyedDigest

KEY = KeyedDigest(bytes(32))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_an_act_is_recorded_without_names_and_reasons() -> None:
    """The hook fits the keys' room; the person and the tenant are unrecognisable."""
    log = AuditLog(MemoryStore())
    record = administration(log, lambda name: KEY.of("person", name), lambda name: f"p{len(name)}")
    record(AdministrativeAct(NOW, "ann", "key revoked", "k-1", "acme", "ann@example.com left"))
    (entry,) = log.entries()
    assert entry.fact == Administered(act="key revoked", key="k-1", tenant="p4", by=KEY.of("person", "ann"))


@pytest.mark.parametrize("field", ["by", "key", "tenant"])
def test_words_do_not_fit(field: str) -> None:
    """Where an id or a digest belongs, a sentence can't be recorded."""
    good = {"act": "key created", "key": "k-1", "tenant": "p", "by": "a" * 64}
    with pytest.raises(ValueError, match=field):
        Administered.model_validate(good | {field: "the key of Ann"})
