"""Tells which capabilities are trained models, by what was released of them last."""

from __future__ import annotations

from collections.abc import Iterable

from roadworthy.errors import IntegrityError
from roadworthy.release.bundle import fetch_manifest
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from roadworthy.store import NotStored, Store


def trained_models(store: Store, capabilities: Iterable[str]) -> frozenset[str]:
    """Return those of the capabilities whose newest release is a trained model, or can't be read: these are looked at.

    Raises as `Ledger.entries` does.
    """
    return frozenset(name for name in capabilities if _is_model(store, name))


def _is_model(store: Store, capability: str) -> bool:
    newest = standing_of(capability, Ledger(store, capability).entries()).latest()
    if newest is None:
        return False
    try:
        return fetch_manifest(store, newest.digest).kind == "model"
    except (NotStored, IntegrityError):
        return True
