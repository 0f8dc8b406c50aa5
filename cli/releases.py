"""What commands about releases share: the store, the ledgers in it, and the release that a person names."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.release.ledger import Ledger
from roadworthy.release.reference import Reference, parse_reference, resolve
from roadworthy.release.standing import ReleaseRecord, Standing, standing_of
from roadworthy.settings import Settings
from roadworthy.store import Store
from tasks.stores import open_store

LEDGERS = "ledger/"


@dataclass(frozen=True)
class Named:
    """A release that a person named, found in its ledger."""

    store: Store
    standing: Standing
    record: ReleaseRecord

    @property
    def capability(self) -> str:
        """The capability's name."""
        return self.standing.capability

    def __str__(self) -> str:
        """What people call it."""
        return f"{self.capability}@{self.record.number}"


def capabilities_in(store: Store) -> list[str]:
    """Return the capabilities that have a ledger."""
    return sorted({key.removeprefix(LEDGERS).split("/")[0] for key in store.keys(LEDGERS)})


def open_configured_store() -> Store:
    """Open the store that the settings name."""
    return open_store(Settings().store_address)


def find(text: str, default: str | None = None) -> Named:
    """Return the release that `text` names. Raises `UnknownName` with what there is."""
    store = open_configured_store()
    reference: Reference = parse_reference(text, capabilities_in(store), default=default)
    standing = standing_of(reference.capability, Ledger(store, reference.capability).entries())
    return Named(store, standing, resolve(reference, standing))


def open_ledger(capability: str) -> Ledger:
    """Return a capability's ledger. Raises `UnknownName` when it has none."""
    store = open_configured_store()
    parse_reference(capability, capabilities_in(store))
    return Ledger(store, capability)
