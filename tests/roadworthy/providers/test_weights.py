"""weights: parts become one file, in their order, and only the pinned one."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from roadworthy.errors import SourceError
from roadworthy.providers.weights import join_weights


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Three parts of a file."""
    paths = [tmp_path / f"part{number}" for number in (1, 2, 10)]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


DIGEST = hashlib.sha256(b"part1part2part10").hexdigest()


def test_parts_are_joined_in_their_order(parts: list[Path], tmp_path: Path) -> None:
    """As they are named; once joined, the parts are not needed again."""
    target = tmp_path / "whole" / "model.gguf"
    assert join_weights(parts, target, DIGEST).read_bytes() == b"part1part2part10"
    for part in parts:
        part.unlink()
    assert join_weights(parts, target, DIGEST) == target


def test_a_changed_file_is_joined_again(parts: list[Path], tmp_path: Path) -> None:
    """What lies there counts only by its digest."""
    target = tmp_path / "model.gguf"
    target.write_bytes(b"changed")
    assert join_weights(parts, target, DIGEST).read_bytes() == b"part1part2part10"


def test_another_order_is_not_the_pinned_file(parts: list[Path], tmp_path: Path) -> None:
    """Nothing is left behind, and the error says what to look at."""
    target = tmp_path / "whole" / "model.gguf"
    with pytest.raises(SourceError) as caught:
        join_weights(parts[::-1], target, DIGEST)
    assert "order" in (caught.value.remedy or "")
    assert not list(target.parent.iterdir())
