"""Files that are used as they are: checked by digest, kept, and put together from their parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadworthy.digest import digest_bytes, digest_file
from roadworthy.errors import SourceError
from roadworthy.retrieval.settings import PinnedFile
from roadworthy.settings import Settings
from tasks.sources.pinned import joined_file, pinned_files

PARTS = (b"one ", b"two ", b"three")
WHOLE = digest_bytes(b"".join(PARTS))


@pytest.fixture
def parts(tmp_path: Path) -> list[PinnedFile]:
    """Three parts of a file, pinned."""
    pinned = []
    for number, content in enumerate(PARTS):
        (tmp_path / f"part{number}").write_bytes(content)
        pinned.append(PinnedFile(uri=f"part{number}", sha256=digest_bytes(content)))
    return pinned


def test_parts_are_joined_once(parts: list[PinnedFile], tmp_path: Path) -> None:
    """The whole has the pinned digest, the parts are let go, and a second time nothing is read but the whole."""
    settings = Settings(root=tmp_path)
    whole = joined_file(parts, WHOLE, settings, print)
    assert whole.read_bytes() == b"one two three"
    assert [path.name for path in whole.parent.iterdir()] == [WHOLE]
    for part in parts:
        (tmp_path / part.uri).unlink()  # Raises if it was let go as well: it is somebody's own file.
    said: list[str] = []
    assert joined_file(parts, WHOLE, settings, said.append) == whole
    assert said == []


def test_parts_in_the_wrong_order_are_refused(parts: list[PinnedFile], tmp_path: Path) -> None:
    """They make another file than the pinned one, and nothing is left under its name."""
    with pytest.raises(SourceError, match="make another file than the pinned one"):
        joined_file(parts[::-1], WHOLE, Settings(root=tmp_path), print)
    assert not list(tmp_path.rglob(WHOLE))


def test_a_file_that_is_not_the_pinned_one_is_refused(parts: list[PinnedFile], tmp_path: Path) -> None:
    """Before anything is made of it."""
    (tmp_path / "part1").write_bytes(b"another")
    with pytest.raises(SourceError, match="not the pinned one"):
        pinned_files({"a part": parts[1]}, Settings(root=tmp_path), print)


def test_each_file_is_found_by_its_digest(parts: list[PinnedFile], tmp_path: Path) -> None:
    """What is used has the digest that was pinned."""
    found = pinned_files({"first": parts[0], "last": parts[2]}, Settings(root=tmp_path), print)
    digests = {name: digest_file(path) for name, path in found.items()}
    assert digests == {"first": parts[0].sha256, "last": parts[2].sha256}
