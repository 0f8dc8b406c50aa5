"""`roadworthy keys`: who may call the gateway; keys are created, listed and revoked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import ValidationError

from cli.audited import open_audited
from cli.output import columns, print_json
from cli.releases import open_configured_store
from roadworthy.access.key_records import KeyEntry
from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import KeyTerms
from roadworthy.audit.administration import administration
from roadworthy.errors import UsageError
from roadworthy.settings import Settings
from roadworthy.telemetry.pseudonyms import open_pseudonymiser
from tasks.actor import local_actor

_OPTIONS = {
    "tenant": "--tenant", "name": "--name", "scopes": "--scope", "rate": "--limit", "user_rate": "--user-limit",
    "concurrency": "--concurrency", "budget": "--budget", "expires_at": "--expires",
}  # fmt: skip
_HEADINGS = ("id", "tenant", "name", "status", "scopes", "limit", "at once", "budget", "expires", "created")


def create_key(given: Mapping[str, object], as_json: bool) -> int:
    """Create a key and print its text, this once."""
    issued = _keys().create(_terms(given), by=local_actor().name)
    if as_json:
        print_json({"key": issued.key, "text": issued.text})
        return 0
    print(f"key {issued.key.id} of {issued.key.tenant}; its text is shown this once and is kept nowhere:")
    print(issued.text)
    return 0


def list_keys(as_json: bool) -> int:
    """Print all keys, without what is secret."""
    entries, now = _keys().entries(), datetime.now(UTC)
    if as_json:
        print_json([_described(entry, now) for entry in entries])
    elif not entries:
        print("there is no key; `roadworthy keys create --tenant NAME` makes one")
    else:
        print("\n".join(columns([_HEADINGS, *(_row(entry, now) for entry in entries)])))
    return 0


def revoke_key(key_id: str, reason: str, as_json: bool) -> int:
    """End a key; every gateway on this store refuses it within a second."""
    revocation = _keys().revoke(key_id, reason, by=local_actor().name)
    if as_json:
        print_json({"id": key_id, "revocation": revocation})
    else:
        print(f"key {key_id} is revoked since {_moment(revocation.at)} ({revocation.reason})")
    return 0


def _keys() -> KeyStore:
    """Return the keys in the configured store; what is done to them goes into its audit log first."""
    store, settings = open_configured_store(), Settings()
    audited = open_audited(store, settings)
    names = open_pseudonymiser(settings.home_path / "keys" / "telemetry.key")
    return KeyStore(store, administration(audited.log, audited.person, lambda tenant: names.of(tenant).tenant))


def _terms(given: Mapping[str, object]) -> KeyTerms:
    """Check what was given; an option that was not is left to its default."""
    try:
        return KeyTerms.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        option = _OPTIONS[str(wrong["loc"][0])]
        said = wrong["msg"].removeprefix("Value error, ")
        raise UsageError(
            f"{wrong['input']!r} can't be used: {said}",
            where=option,
            remedy="`roadworthy keys create --help` shows an example",
        ) from None


def expiry(text: str | None) -> datetime | None:
    """Read a day, which is meant in UTC, or a moment. Raises `UsageError`."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no day", where="--expires", remedy="write it like 2027-01-01 or 2027-01-01T12:00+01:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _described(entry: KeyEntry, now: datetime) -> dict[str, object]:
    return {**entry.key.model_dump(mode="json"), "status": entry.status(now), "revocation": entry.revocation}


def _row(entry: KeyEntry, now: datetime) -> tuple[str, ...]:
    key = entry.key.model_dump(mode="json")
    limit = key["rate"] + (f", user {key['user_rate']}" if key["user_rate"] else "")
    return (
        key["id"],
        key["tenant"],
        key["name"],
        entry.status(now).value,
        " ".join(key["scopes"]),
        limit,
        str(key["concurrency"]),
        key["budget"] or "none",
        _moment(entry.key.expires_at) if entry.key.expires_at else "never",
        _moment(entry.key.created_at),
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone().isoformat(sep=" ", timespec="minutes")
