"""Gets every table's file, checked by its digest: from the cache, or from where it comes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from roadworthy.digest import digest_file
from roadworthy.errors import ParamsError, SourceError
from roadworthy.steps import Announce
from tasks.sources.cache import SourceCache
from tasks.sources.https import HttpsSource, public
from tasks.sources.interface import FetchedSource, Pinned, SourceKind
from tasks.sources.package import PackageSource
from tasks.sources.path import file_at
from tasks.sources.s3 import S3Source

DOWNLOADS_AT_ONCE = 4

KINDS: dict[str, SourceKind] = {"https": HttpsSource(), "s3": S3Source(), "pkg": PackageSource()}


def is_local(source: Pinned) -> bool:
    """Tell whether the source is a file on this machine's disk."""
    return urlsplit(source.uri).scheme == ""


def fetch_sources(
    sources: Mapping[str, Pinned], root: Path, cache: SourceCache, scratch: Path, announce: Announce
) -> dict[str, FetchedSource]:
    """Return each table's file, with the digest that `sources` pins.

    Raises `SourceError` for a file that is not there or not the pinned one, `Unavailable` for a dead network.
    """
    found = {table: _at_hand(source, root, cache, scratch) for table, source in sources.items()}
    missing = {table: source for table, source in sources.items() if found[table] is None}
    found.update(_downloaded(missing, cache, scratch, announce))
    paths = {table: path for table, path in found.items() if path is not None}
    return {table: FetchedSource(_file_name(sources[table].uri), path) for table, path in paths.items()}


def _at_hand(source: Pinned, root: Path, cache: SourceCache, scratch: Path) -> Path | None:
    if not is_local(source):
        _kind(source.uri)  # A wrong address is said even while the cache has what is pinned.
        return cache.find(source.sha256)
    path = file_at(source.uri, root)
    _check_pin(source, path)
    # Git need not have it, and a release has to be reproduced when the file has long been another one.
    cache.keep(path, source.sha256, scratch)
    return path


def _downloaded(
    missing: Mapping[str, Pinned], cache: SourceCache, scratch: Path, announce: Announce
) -> dict[str, Path]:
    downloads: dict[str, dict[str, Pinned]] = {}
    for table, source in missing.items():
        downloads.setdefault(_kind(source.uri).download(source.uri), {})[table] = source
    for name, tables in downloads.items():
        announce(f"fetching {', '.join(tables)} from {public(name) if name.startswith('https:') else name}")

    def fetch(number: int, tables: Mapping[str, Pinned]) -> dict[str, Path]:
        folder = scratch / f"download-{number}"
        folder.mkdir()
        uris = sorted({source.uri for source in tables.values()})
        files = _kind(uris[0]).fetch(uris, folder)
        for source in tables.values():
            _check_pin(source, files[source.uri])
        by_digest = {source.sha256: cache.add(files[source.uri], source.sha256) for source in _once(tables)}
        return {table: by_digest[source.sha256] for table, source in tables.items()}

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        results = list(pool.map(fetch, range(len(downloads)), downloads.values()))
    return {table: path for result in results for table, path in result.items()}


def _once(tables: Mapping[str, Pinned]) -> list[Pinned]:
    """Two tables may be read from one file."""
    return list({source.uri: source for source in tables.values()}.values())


def _kind(uri: str) -> SourceKind:
    scheme = urlsplit(uri).scheme
    if scheme in KINDS:
        return KINDS[scheme]
    raise ParamsError(
        f"a source can't be {scheme}://",
        where=f"params.yaml: ingest.sources: uri {public(uri)}",
        remedy="give a path, or an address that starts with " + ", ".join(f"{known}:" for known in KINDS),
    )


def _check_pin(source: Pinned, file: Path) -> None:
    actual = digest_file(file)
    if actual != source.sha256:
        raise SourceError(
            f"the file is not the pinned one: its sha256 is {actual}, pinned is {source.sha256}",
            where=source.uri.partition("?")[0],
            remedy="if the new content is right, write its sha256 into params.yaml; else get the old one",
        )


def _file_name(uri: str) -> str:
    """Return the file's own name; in a package URL it stands behind the #."""
    parts = urlsplit(uri)
    return PurePosixPath(unquote(parts.fragment or parts.path)).name
