"""Looks up a release's archives in package indexes and folders, by the simple API, and downloads them."""

# Late imports: start-up time.
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import url2pathname

from roadworthy.errors import SourceError
from tasks.sources.https import public, stream_to, with_patience

if TYPE_CHECKING:
    import requests
    from pypi_simple import DistributionPackage

    from tasks.sources.pip_configuration import PipConfiguration

KINDS = ("wheel", "sdist")
"""The archives that we read, by preference."""


class PackageIndexes:
    """All the indexes and folders of one pip configuration."""

    def __init__(self, configuration: PipConfiguration) -> None:
        from tasks.sources.pip_session import open_session

        self._configuration = configuration
        self._session: requests.Session = open_session(configuration)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def archives(self, name: str, version: str) -> list[DistributionPackage]:
        """Return the wheels and source archives of that release, wherever they are, wheels first."""
        from packaging.utils import canonicalize_name
        from packaging.version import InvalidVersion, Version

        def wanted(archive: DistributionPackage) -> bool:
            if archive.project is None or canonicalize_name(archive.project) != canonicalize_name(name):
                return False
            try:
                return Version(archive.version or "") == Version(version)
            except InvalidVersion:
                return archive.version == version

        found = [archive for archive in self._all_archives(name) if archive.package_type in KINDS and wanted(archive)]
        return sorted(found, key=lambda archive: (KINDS.index(str(archive.package_type)), archive.filename))

    def download(self, archive: DistributionPackage, folder: Path) -> Path:
        """Put the archive into `folder`, checked against the index's own digests; return where it lies."""
        local = _local_path(archive.url)
        path = local or folder / "archive"
        if local is None:
            stream_to(self._session, archive.url, path, self._configuration.timeout)
        _check_digests(archive, path)
        return path

    def _all_archives(self, name: str) -> list[DistributionPackage]:
        found: list[DistributionPackage] = []
        for index in self._configuration.index_urls:
            found += self._in_index(index, name)
        for place in self._configuration.find_links:
            found += self._in_find_links(place, name)
        return found

    def _in_index(self, index: str, name: str) -> list[DistributionPackage]:
        from packaging.utils import canonicalize_name
        from pypi_simple import NoSuchProjectError, PyPISimple

        folder = _local_path(index)
        if folder is not None:
            return _links_in(folder / canonicalize_name(name) / "index.html", name)
        client = PyPISimple(without_credentials(index), session=self._session)
        timeout = self._configuration.timeout
        try:
            return with_patience(lambda: client.get_project_page(name, timeout=timeout), index).packages
        except NoSuchProjectError:
            return []

    def _in_find_links(self, place: str, name: str) -> list[DistributionPackage]:
        from pypi_simple import ProjectPage

        path = _local_path(place) or (Path(place) if "://" not in place else None)
        if path is None:
            timeout = self._configuration.timeout
            page = with_patience(lambda: self._session.get(without_credentials(place), timeout=timeout), place)
            return ProjectPage.from_response(page, name).packages if page.ok else []
        return _links_in(path, name) if path.is_file() else _files_in(path, name)


def without_credentials(url: str) -> str:
    """Return the address without user and password; the session adds them where they belong."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _links_in(page: Path, name: str) -> list[DistributionPackage]:
    from pypi_simple import ProjectPage

    if not page.is_file():
        return []
    return ProjectPage.from_html(name, page.read_text(encoding="utf-8"), base_url=page.as_uri()).packages


def _files_in(folder: Path, name: str) -> list[DistributionPackage]:
    from pypi_simple import DistributionPackage, UnparsableFilenameError, parse_filename

    found = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        try:
            project, version, kind = parse_filename(path.name, name)
        except UnparsableFilenameError:
            continue
        url = path.resolve().as_uri()
        found.append(
            DistributionPackage(
                filename=path.name,
                url=url,
                project=project,
                version=version,
                package_type=kind,
                digests={},
                requires_python=None,
                has_sig=None,
            )
        )
    return found


def _local_path(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(url2pathname(unquote(parts.path))) if parts.scheme == "file" else None


def _check_digests(archive: DistributionPackage, path: Path) -> None:
    import hashlib

    for algorithm, expected in archive.digests.items():
        if algorithm not in hashlib.algorithms_guaranteed:
            continue
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, algorithm).hexdigest()
        if actual != expected:
            raise SourceError(
                f"{archive.filename} is not what its index says: {algorithm} {actual} instead of {expected}",
                where=public(archive.url),
                remedy="try again; if it stays so, tell those who run the index",
            )
