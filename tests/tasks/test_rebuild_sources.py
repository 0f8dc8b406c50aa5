"""Sources for a rebuild: what the commit lacks comes from this machine, as it was released, or is said to be gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roadworthy.digest import digest_bytes
from roadworthy.errors import SourceError
from roadworthy.settings import Settings
from tasks.rebuild_sources import bring_sources
from tasks.sources.cache import source_cache

CONTENT, OTHER = b"id\n1\n", b"id\n2\n"
DIGEST = digest_bytes(CONTENT)


class Rebuild:
    """A repository and the folder of a rebuild, below `root`."""

    def __init__(self, root: Path) -> None:
        self.repository, self.folder = root / "repository", root / "again"
        self.released, self.work = self.folder / "released", self.folder / "work"
        for path in (self.repository, self.released, self.work):
            path.mkdir(parents=True)
        self.settings = Settings(root=self.repository, home=Path("state"))
        self.cached = source_cache(self.settings.home_path) / DIGEST
        self.cached.parent.mkdir(parents=True)

    def bring(self, uri: str) -> None:
        """Bring the one source of a release."""
        parameters = {"ingest": {"sources": {"table": {"uri": uri, "sha256": DIGEST}}}}
        (self.released / "parameters.json").write_text(json.dumps(parameters))
        bring_sources(self.settings, self.released, self.work)


@pytest.fixture
def rebuild(tmp_path: Path) -> Rebuild:
    """An empty repository and an empty rebuild."""
    return Rebuild(tmp_path)


@pytest.mark.parametrize("uri", ["raw/table.csv", "../outside.csv"])
@pytest.mark.parametrize("checked_out", [None, OTHER, CONTENT])
def test_a_local_source_comes_from_the_cache(rebuild: Rebuild, uri: str, checked_out: bytes | None) -> None:
    """Whether the commit has no such file, another one or this one: the rebuild reads what was released."""
    rebuild.cached.write_bytes(CONTENT)
    if checked_out is not None:
        (rebuild.work / uri).parent.mkdir(exist_ok=True)
        (rebuild.work / uri).write_bytes(checked_out)
    rebuild.bring(uri)
    assert (rebuild.work / uri).read_bytes() == CONTENT


def test_without_the_cache_the_file_itself_serves(rebuild: Rebuild) -> None:
    """Only while it is still the one that was released; a damaged copy in the cache is passed over."""
    rebuild.cached.write_bytes(OTHER)
    (rebuild.repository / "table.csv").write_bytes(CONTENT)
    rebuild.bring("table.csv")
    assert (rebuild.work / "table.csv").read_bytes() == CONTENT


def test_a_file_that_is_gone_is_said_with_its_digest(rebuild: Rebuild) -> None:
    """Neither the cache nor the path has it: no rebuild on other data, and no riddle."""
    (rebuild.repository / "table.csv").write_bytes(OTHER)
    with pytest.raises(SourceError, match="no longer has it") as caught:
        rebuild.bring("table.csv")
    assert DIGEST in (caught.value.where or "")


@pytest.mark.parametrize("far", ["../../elsewhere.csv", "ABSOLUTE"])
def test_nothing_is_written_outside_of_the_rebuild(rebuild: Rebuild, tmp_path: Path, far: str) -> None:
    """A source that lies far off is left to ingest: its path means the same, or ingest says that it is not there."""
    rebuild.cached.write_bytes(CONTENT)
    before = sorted(tmp_path.rglob("*"))
    rebuild.bring(far.replace("ABSOLUTE", str(tmp_path / "elsewhere.csv")))
    assert sorted(path for path in tmp_path.rglob("*") if path.name != "parameters.json") == before


def test_a_fetched_source_goes_where_the_rebuild_looks(rebuild: Rebuild) -> None:
    """The rebuild has the usual home, wherever this environment's settings put ours."""
    rebuild.cached.write_bytes(CONTENT)
    rebuild.bring("https://example.com/table.csv")
    assert (rebuild.work / ".roadworthy" / "cache" / "sources" / "sha256" / DIGEST).read_bytes() == CONTENT
