"""Versions that DVC keeps of what stages made: by its run-cache, from which evaluation sets, and of which objects."""

# Late imports: start-up time.
from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadworthy.digest import digest_file
from tasks.dvc_objects import FOLDER

if TYPE_CHECKING:
    from dvc.repo import Repo

_SETS = "evalsets/"
"""What lies there grows from what users asked."""
_MANIFEST = "manifest.json"
"""The one file of a bundle that its manifest can't name."""


@dataclass(frozen=True)
class Version:
    """What one run of a stage left."""

    run: Path
    """The file in the run-cache that tells of it."""
    reads_set: bool
    inputs: frozenset[str]
    outputs: frozenset[str]
    """Names of DVC's objects, as are the inputs; a folder's ends in `.dir`."""

    @property
    def day(self) -> date:
        """When it was made, as a date in UTC."""
        return datetime.fromtimestamp(self.run.stat().st_mtime, UTC).date()


@dataclass(frozen=True)
class ExpiredVersions:
    """What goes; empty where nothing does."""

    runs: tuple[Path, ...] = ()
    """Files below the run-cache."""
    objects: tuple[str, ...] = ()
    """Names of objects that nothing else needs."""


@dataclass(frozen=True)
class DvcCache:
    """The cache of one work tree."""

    repo: Repo

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return Path(self.repo.cache.legacy.path)

    def object_path(self, name: str) -> Path:
        """Return where an object lies, or would."""
        return Path(self.repo.cache.local.oid_to_path(name))

    def versions(self) -> tuple[Version, ...]:
        """Return every version that the run-cache tells of; a file that it can't read is none, as for DVC."""
        files = (path for path in sorted(self.folder.glob("runs/*/*/*")) if path.is_file())
        return tuple(version for path in files for version in _read(path))

    def locked(self) -> frozenset[str]:
        """Return the objects that dvc.lock names."""
        from dvc.utils.serialize import load_yaml

        path = Path(self.repo.root_dir, "dvc.lock")
        stages = (load_yaml(path).get("stages") or {}).values() if path.is_file() else ()
        return frozenset(out["md5"] for stage in stages for out in stage.get("outs", ()) if "md5" in out)

    def files_of(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield each file of an object as its name there and its object: of a folder's listing what it lists."""
        if not name.endswith(FOLDER):
            yield "", name
            return
        with suppress(FileNotFoundError):
            yield from ((entry["relpath"], entry["md5"]) for entry in json.loads(self.object_path(name).read_bytes()))

    def objects_of(self, names: Iterable[str]) -> frozenset[str]:
        """Return these objects and those that they list."""
        return frozenset(found for name in names for found in (name, *(one for _, one in self.files_of(name))))


def expired_versions(cache: DvcCache, released: frozenset[str], end: date) -> ExpiredVersions:
    """Return the versions that were made before `end` from evaluation sets, unless dvc.lock or a release needs them.

    `released` are the SHA-256 of all files in releases: a version all of whose files are there stays whole, and of
    others each such file stays. What an object was made from is known by the run-cache alone: of what it does not name,
    nothing goes.
    """
    versions, locked = cache.versions(), cache.locked()
    old = [one for one in _derived(versions) if one.day < end and not one.outputs & locked]
    gone = [one for one in old if not _is_released(cache, one, released)]
    stays = cache.objects_of({*locked, *(name for one in versions if one not in gone for name in one.outputs)})
    candidates = cache.objects_of(name for one in gone for name in one.outputs) - stays
    objects = (name for name in sorted(candidates) if cache.object_path(name).is_file())
    return ExpiredVersions(
        tuple(one.run for one in gone),
        tuple(name for name in objects if digest_file(cache.object_path(name)) not in released),
    )


def _derived(versions: tuple[Version, ...]) -> list[Version]:
    """Return those made from a set, and those made from these."""
    found = [one for one in versions if one.reads_set]
    while True:
        made = {name for one in found for name in one.outputs}
        more = [one for one in versions if one not in found and one.inputs & made]
        if not more:
            return found
        found += more


def _is_released(cache: DvcCache, version: Version, released: frozenset[str]) -> bool:
    files = [name for out in version.outputs for path, name in cache.files_of(out) if path != _MANIFEST]
    there = [path for name in files if (path := cache.object_path(name)).is_file()]
    return bool(there) and all(digest_file(path) in released for path in there)


def _read(path: Path) -> Iterator[Version]:
    from dvc.utils.serialize import YAMLFileCorruptedError, load_yaml

    with suppress(YAMLFileCorruptedError, KeyError, TypeError, AttributeError):
        told: dict[str, Any] = load_yaml(path)
        inputs, outputs = told.get("deps", ()), told["outs"]
        reads = any(str(one["path"]).startswith(_SETS) for one in inputs)
        yield Version(path, reads, _names(inputs), _names(outputs))


def _names(entries: Iterable[dict[str, Any]]) -> frozenset[str]:
    return frozenset(one["md5"] for one in entries if "md5" in one)
