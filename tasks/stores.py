"""The store at an address: a folder, or `s3://bucket/prefix`."""

from __future__ import annotations

from pathlib import Path

from roadworthy.errors import UsageError
from roadworthy.store import LocalStore, Store
from tasks.s3_store import S3Store


def open_store(address: str) -> Store:
    """Return the store at `address`; it is reached for the first time when it is used.

    Raises `UsageError` for an address of another kind.
    """
    scheme, separator, _ = address.partition("://")
    if not separator:
        return LocalStore(Path(address).expanduser().absolute())
    if scheme == "s3":
        return S3Store(address)
    raise UsageError(
        f"There is no store for addresses that start with '{scheme}://'.",
        where=f"ROADWORTHY_STORE={address}",
        remedy="Name a folder, or s3://bucket/prefix.",
    )
