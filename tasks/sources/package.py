"""A source inside a Python package, from the machine's own index; never installed, never run."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.errors import ParamsError, SourceError
from tasks.sources.unpack import suggest_member, take_member

if TYPE_CHECKING:
    from tasks.sources.package_index import PackageIndexes

FORM = "pkg:pypi/NAME@VERSION#FILE/IN/THE/ARCHIVE"


@dataclass(frozen=True)
class PackageFile:
    """A file in a release of a package."""

    name: str
    version: str
    member: str
    """Its path in a wheel, or in a source archive below the one folder that everything lies in."""

    @property
    def release(self) -> str:
        """The release as pip writes it."""
        return f"{self.name}=={self.version}"


class PackageSource:
    """Files at pkg:pypi/ addresses, from the indexes that pip is configured for."""

    def download(self, uri: str) -> str:
        """All files of one release come out of one archive."""
        return f"pkg:pypi/{parse_package_url(uri).release}"

    def fetch(self, uris: Sequence[str], folder: Path) -> dict[str, Path]:
        """Download the release's archive and take the files out of it."""
        from tasks.sources.package_index import PackageIndexes
        from tasks.sources.pip_configuration import read_pip_configuration

        indexes = PackageIndexes(read_pip_configuration())
        try:
            return _fetch_from(indexes, {uri: parse_package_url(uri) for uri in uris}, folder)
        finally:
            indexes.close()


def parse_package_url(uri: str) -> PackageFile:
    """Read a package URL (purl). Raises `ParamsError` when it names no release, or no file in it."""
    from packageurl import PackageURL

    try:
        purl = PackageURL.from_string(uri)
    except ValueError as error:
        raise ParamsError(
            f"not a package URL: {error}",
            where=f"params.yaml: ingest.sources: uri {uri}",
            remedy=f"write {FORM}",
        ) from None
    if purl.type != "pypi" or not purl.version or not purl.subpath:
        raise ParamsError(
            "the package URL has to name a release on PyPI and a file in it",
            where=f"params.yaml: ingest.sources: uri {uri}",
            remedy=f"write {FORM}",
        )
    return PackageFile(purl.name, purl.version, purl.subpath)


def _fetch_from(indexes: PackageIndexes, wanted: dict[str, PackageFile], folder: Path) -> dict[str, Path]:
    release = next(iter(wanted.values()))
    archives = indexes.archives(release.name, release.version)
    if not archives:
        raise SourceError(
            f"no package index has an archive of {release.release}",
            where=", ".join(wanted),
            remedy="check name and version, and the indexes in `pip config list`",
        )
    found: dict[str, Path] = {}
    archive_file = folder
    # One wheel and one source archive: wheels of one release differ in their compiled parts, not in data.
    for kind in ("wheel", "sdist"):
        archive = next((archive for archive in archives if archive.package_type == kind), None)
        if archive is None or len(found) == len(wanted):
            continue
        archive_file = indexes.download(archive, folder)
        for number, (uri, file) in enumerate(wanted.items()):
            target = folder / f"member-{number}"
            if uri not in found and take_member(archive_file, archive.filename, file.member, target):
                found[uri] = target
    for uri, file in wanted.items():
        if uri not in found:
            near = suggest_member(archive_file, file.member)
            raise SourceError(
                f"{release.release} holds no file {file.member}",
                where=uri,
                remedy=f"did you mean {near!r}?" if near else "correct what stands behind the #",
            )
    return found
