"""A key's text, terms and records: what is secret is kept nowhere, and what is wrong is named."""

from __future__ import annotations

import pickle
import traceback
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from fakes.memory_store import MemoryStore
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from roadworthy.access.act import AdministrativeAct
from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.access.key_records import created_name, revoked_name
from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import KeyStatus, KeyTerms, PresentedKey, key_text, new_id, new_secret, parse_key
from roadworthy.access.rate_limit import RateLimit, parse_rate
from roadworthy.errors import IntegrityError, Unavailable, UnknownName, UsageError
from roadworthy.store import Store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FULL = KeyTerms.model_validate(
    {
        "tenant": "acme",
        "name": "the portal",
        "scopes": ("capability:bank-helpdesk", "feedback"),
        "rate": "60/min",
        "user_rate": "5 per 10 seconds",
        "concurrency": 3,
        "budget": "0.25EUR/hour",
        "expires_at": datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    }
)


def _keys(store: Store, acts: list[AdministrativeAct] | None = None) -> KeyStore:
    return KeyStore(store, audit=(acts if acts is not None else []).append, clock=lambda: NOW)


def test_a_key_comes_back_from_every_store_as_it_was_created(store: Store) -> None:
    """All terms survive the store, and a second machine finds the key."""
    issued = _keys(store).create(FULL, by="ann")
    entry = _keys(store).entry(issued.key.id)
    assert entry.key == issued.key
    assert dict(FULL).items() <= dict(entry.key).items()
    assert entry.key.budget == BudgetLimit(Decimal("0.25"), "EUR", "hour")
    assert entry.key.expires_at == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert (entry.key.created_at, entry.key.created_by) == (NOW, "ann")
    assert _keys(store).entries() == (entry,)


def test_a_revocation_is_kept_once_and_for_good(store: Store) -> None:
    """The first reason and moment stay, whoever revokes again; a revocation counts before an expiry."""
    keys = _keys(store)
    key_id = keys.create(FULL, by="ann").key.id
    assert keys.entry(key_id).status(NOW) is KeyStatus.ACTIVE
    assert keys.entry(key_id).status(NOW + timedelta(days=40)) is KeyStatus.EXPIRED
    first = keys.revoke(key_id, "lost", by="bob")
    assert keys.revoke(key_id, "again", by="cid") == first
    assert keys.entry(key_id).revocation == first
    assert first.reason == "lost"
    assert keys.entry(key_id).status(NOW + timedelta(days=40)) is KeyStatus.REVOKED


def test_the_secret_is_nowhere_but_in_the_issued_text() -> None:
    """Neither the store nor a repr, an error or a traceback holds it; only its SHA-256 is kept."""
    store = MemoryStore()
    keys = _keys(store)
    issued = keys.create(FULL, by="ann")
    secret = issued.text.rpartition("_")[2] if "_" not in issued.text[20:] else issued.text[20:]
    presented = parse_key(issued.text)
    assert presented is not None
    shown = [repr(issued), str(issued), repr(presented), repr(keys.entry(issued.key.id)), repr(store)]
    for given_id in (issued.text, secret):
        try:
            keys.revoke(given_id, "why", by="ann")
        except UnknownName as error:
            shown.append("".join(traceback.format_exception(error)))
    assert len(shown) == 7
    for text in shown:
        assert not any(secret[start : start + 6] in text for start in range(len(secret) - 6))
    assert presented.secret_digest.hex() in repr(store)


def test_secrets_have_256_random_bits_and_are_never_equal() -> None:
    """43 characters of 6 bits are 258; a thousand keys differ in id and secret, and each position varies."""
    secrets = {new_secret() for _ in range(1000)}
    assert len(secrets) == len({new_id() for _ in range(1000)}) == 1000
    assert {len(secret) for secret in secrets} == {43}
    assert all(len({secret[place] for secret in secrets}) > 40 for place in range(42))


@given(st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32))
def test_a_text_made_from_an_id_and_a_secret_is_read_back(number: int, secret: bytes) -> None:
    """Also when the secret holds underscores and hyphens."""
    import base64

    text = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    presented = parse_key(key_text(f"{number:016x}", text))
    assert presented is not None
    assert presented.id == f"{number:016x}"


@given(st.one_of(st.text(), st.from_regex(r"rw_[0-9a-f]*_[A-Za-z0-9_-]*", fullmatch=True)))
def test_anything_else_is_no_key(text: str) -> None:
    """Only the exact form passes: never a short or empty secret."""
    presented = parse_key(text)
    assert presented is None or (isinstance(presented, PresentedKey) and len(text) == 63)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tenant", ""),
        ("tenant", "a/b"),
        ("tenant", "a\n"),
        ("name", "two\nlines"),
        ("scopes", ()),
        ("scopes", ("capability:",)),
        ("scopes", ("everything",)),
        ("rate", "often"),
        ("rate", "0/min"),
        ("rate", "60/min; 5/sec"),
        ("rate", "100000/min"),
        ("user_rate", "-1/min"),
        ("concurrency", 0),
        ("expires_at", datetime(2027, 1, 1)),
        ("colour", "red"),
    ],
)
def test_wrong_terms_are_refused_by_name(field: str, value: object) -> None:
    """The field is named; nothing is guessed."""
    with pytest.raises(ValidationError) as caught:
        KeyTerms.model_validate({"tenant": "acme", field: value})
    assert caught.value.errors()[0]["loc"][0] == field


def test_a_budget_that_is_none_is_refused() -> None:
    """The error says how a budget is written."""
    with pytest.raises(UsageError, match="5USD/day"):
        KeyTerms.model_validate({"tenant": "acme", "budget": "a lot"})


def test_scopes_allow_what_they_name() -> None:
    """A star means any capability, and never administration."""
    narrow = KeyTerms(tenant="a", scopes=("capability:churn",))
    assert narrow.allows("capability:churn")
    assert not any(narrow.allows(scope) for scope in ("capability:churn2", "capability:*", "feedback", "admin"))
    wide = KeyTerms(tenant="a")
    assert wide.allows("capability:churn") and wide.allows("feedback")
    assert not wide.allows("admin")


def test_a_key_that_would_have_expired_is_not_created() -> None:
    """Nothing is written."""
    store = MemoryStore()
    with pytest.raises(UsageError, match="expired already"):
        _keys(store).create(KeyTerms(tenant="a", expires_at=NOW), by="ann")
    assert store.keys() == []


def test_every_creation_and_the_first_revocation_are_audited() -> None:
    """One act each, with who and why; a second revocation and a failed one are none."""
    acts: list[AdministrativeAct] = []
    keys = _keys(MemoryStore(), acts)
    key_id = keys.create(KeyTerms(tenant="acme"), by="ann").key.id
    keys.revoke(key_id, "lost", by="bob")
    keys.revoke(key_id, "lost", by="bob")
    with pytest.raises(UnknownName):
        keys.revoke("0" * 16, "guessed", by="bob")
    assert acts == [
        AdministrativeAct(NOW, "ann", "key created", key_id, "acme"),
        AdministrativeAct(NOW, "bob", "key revoked", key_id, "acme", "lost"),
    ]


def test_what_cannot_be_audited_is_not_done() -> None:
    """No key comes into the world unseen, and none goes."""
    store = MemoryStore()
    key_id = _keys(store).create(FULL, by="ann").key.id
    kept = store.keys()

    def refuse(act: AdministrativeAct) -> None:
        raise Unavailable("the audit log is down")

    unaudited = KeyStore(store, audit=refuse)
    with pytest.raises(Unavailable):
        unaudited.create(KeyTerms(tenant="acme"), by="ann")
    with pytest.raises(Unavailable):
        unaudited.revoke(key_id, "lost", by="ann")
    assert store.keys() == kept


@pytest.mark.parametrize("key_id", ["", "../../ledger", "0" * 16, "rw_x", "x" * 300])
def test_an_unknown_id_is_refused_whatever_is_in_it(key_id: str) -> None:
    """No path leaves the keys' folder."""
    with pytest.raises(UnknownName, match="keys list"):
        _keys(MemoryStore()).revoke(key_id, "why", by="ann")


def test_a_broken_record_is_named() -> None:
    """Cut short, another key's, or with a budget that is none: the record's place is in the error."""
    source, store = MemoryStore(), MemoryStore()
    issued = _keys(source).create(FULL, by="ann")
    whole = source.read(created_name(issued.key.id))
    broken = {"a" * 16: whole[:-10], "b" * 16: whole, issued.key.id: whole.replace(b"0.25EUR/hour", b"much")}
    for key_id, content in broken.items():
        store.create(created_name(key_id), content)
        with pytest.raises(IntegrityError, match=created_name(key_id)):
            _keys(store).entry(key_id)
    source.create(revoked_name(issued.key.id), b"{}")
    with pytest.raises(IntegrityError, match=r"revoked\.json"):
        _keys(source).entry(issued.key.id)


def test_refusals_survive_a_process_border() -> None:
    """Reason, seconds and words are the same after pickling."""
    from roadworthy.access.admission.overloaded import Overloaded, OverloadReason
    from roadworthy.access.refusal import KeyProblem, KeyRefused

    for error in (KeyRefused(KeyProblem.REVOKED), Overloaded(OverloadReason.TENANT, 3.0)):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert (str(again), again.reason) == (str(error), error.reason)


@pytest.mark.parametrize(
    ("text", "amount", "seconds"),
    [
        ("60/min", 60, 60),
        ("60/minute", 60, 60),
        ("60 per minute", 60, 60),
        ("5 per 10 seconds", 5, 10),
        ("1000/s", 1000, 1),
        ("20/2hours", 20, 7200),
        ("3/DAY", 3, 86400),
        ("9/h", 9, 3600),
        ("7/mins", 7, 60),
    ],
)
def test_a_rate_is_written_as_people_do(text: str, amount: int, seconds: int) -> None:
    """The notation of `limits`, and the usual short units."""
    assert parse_rate(text) == RateLimit(amount, seconds)
