"""What differs between two releases: data, parameters, code, environment, metrics and files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from roadworthy.errors import IntegrityError
from roadworthy.release.bundle import fetch_manifest, read_bundle_file
from roadworthy.release.environment import pins_of_lock
from roadworthy.release.manifest import ENVIRONMENT, Manifest
from roadworthy.store import Store

EVALUATION = "evaluation/evaluation.json"
"""The evaluation's name in a bundle."""

Plain = str | int | float | bool | None | list[Any] | dict[str, Any]
"""A JSON value."""


class Kind(StrEnum):
    """How something differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Change:
    """One thing that differs."""

    name: str
    """Which: a dotted path, a package's or a file's name."""
    kind: Kind
    old: Plain
    """None when it was added."""
    new: Plain
    """None when it was removed."""


@dataclass(frozen=True)
class Difference:
    """What differs, part by part, each sorted by name."""

    data: tuple[Change, ...]
    """Per source: TABLE.uri, TABLE.sha256, TABLE.rows."""
    parameters: tuple[Change, ...]
    code: tuple[Change, ...]
    """commit, clean, tree."""
    environment: tuple[Change, ...]
    """Packages and their versions."""
    metrics: tuple[Change, ...]
    """The evaluation's numbers, such as metrics.auc.value; the calibration's curve is left to its picture."""
    files: tuple[Change, ...]
    """The bundle's files and their SHA-256."""

    @property
    def empty(self) -> bool:
        """Tell whether nothing differs."""
        return not any(getattr(self, part.name) for part in fields(self))


@dataclass(frozen=True)
class ReleaseContent:
    """A release, and a way to its bundle's files."""

    manifest: Manifest
    read: Callable[[str], bytes]
    """Return the content of the file with that name in the bundle."""


def stored_content(store: Store, digest: str) -> ReleaseContent:
    """Return the release `digest` of a store; raises `NotStored` or `IntegrityError`, later too."""
    manifest = fetch_manifest(store, digest)
    return ReleaseContent(manifest, lambda name: read_bundle_file(store, manifest, name))


def difference(one: ReleaseContent, other: ReleaseContent) -> Difference:
    """Return what differs from `one` (old) to `other` (new); raises `IntegrityError` for an unreadable part."""
    old, new = one.manifest, other.manifest
    return Difference(
        data=_changes(_data(old), _data(new)),
        parameters=_changes(_flat(old.parameters), _flat(new.parameters)),
        code=_changes(_code(old), _code(new)),
        environment=_changes(_packages(one), _packages(other)),
        metrics=_changes(_metrics(one), _metrics(other)),
        files=_changes(old.files, new.files),
    )


def packages_of_lock(lock: str) -> dict[str, str]:
    """Map each package pinned in a lock (pip's format) to its version, or versions, as markers choose."""
    versions: dict[str, set[str]] = {}
    for pin in pins_of_lock(lock):
        versions.setdefault(pin.name, set()).add(pin.version)
    return {name: ", ".join(sorted(found)) for name, found in versions.items()}


def _changes(old: Mapping[str, Plain], new: Mapping[str, Plain]) -> tuple[Change, ...]:
    changes = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            changes.append(Change(name, Kind.ADDED, None, new[name]))
        elif name not in new:
            changes.append(Change(name, Kind.REMOVED, old[name], None))
        # As text, because in Python 1, 1.0 and True are equal.
        elif json.dumps(old[name]) != json.dumps(new[name]):
            changes.append(Change(name, Kind.CHANGED, old[name], new[name]))
    return tuple(changes)


def _data(manifest: Manifest) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    for source in manifest.sources:
        facts = {"uri": source.uri, "sha256": source.sha256, "rows": source.rows}
        found |= {f"{source.table}.{name}": fact for name, fact in facts.items() if fact is not None}
    return found


def _code(manifest: Manifest) -> dict[str, Plain]:
    code = manifest.code
    return {"commit": code.commit, "clean": code.clean, "tree": code.tree}


def _packages(content: ReleaseContent) -> dict[str, str]:
    if ENVIRONMENT not in content.manifest.files:
        return {}
    return packages_of_lock(content.read(ENVIRONMENT).decode(errors="replace"))


def _metrics(content: ReleaseContent) -> dict[str, Plain]:
    if EVALUATION not in content.manifest.files:
        return {}
    try:
        evaluation = json.loads(content.read(EVALUATION))
    except ValueError as error:
        raise IntegrityError(
            f"The evaluation can't be read: {error}", where=EVALUATION, remedy="Verify the release."
        ) from error
    evaluation.pop("calibration", None)
    numbers = _flat(evaluation).items()
    return {name: value for name, value in numbers if type(value) in (int, float)}


def _flat(value: Any, path: str = "") -> dict[str, Plain]:
    """Map the dotted path of each plain value inside of `value` to it; a list of plain values is one of them."""
    if isinstance(value, dict) and value:
        items = {str(name): item for name, item in value.items()}
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        items = {_label(item, position): item for position, item in enumerate(value)}
    else:
        return {path: value} if path else {}
    found: dict[str, Plain] = {}
    for name, item in items.items():
        found |= _flat(item, f"{path}.{name}" if path else name)
    return found


def _label(item: Any, position: int) -> str:
    """Name a list's item by what it is about, if it says so: one that is put in shifts no others."""
    if isinstance(item, dict):
        if {"column", "value"} <= item.keys():
            return f"{item['column']}={item['value']}"
        if "name" in item:
            return str(item["name"])
    return str(position)
