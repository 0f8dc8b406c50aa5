"""Puts a model's weights together from the parts that they are published in."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.digest import digest_file
from roadworthy.errors import SourceError


def join_weights(parts: Sequence[Path], target: Path, sha256: str) -> Path:
    """Write `parts`, in their order, to `target` in one step, and return it; what is there already is kept.

    Raises `SourceError` when the whole is not what `sha256` pins.
    """
    if target.is_file() and digest_file(target) == sha256:
        return target
    with replacing_folder_or_file(target) as temporary:
        with temporary.open("wb") as whole:
            for part in parts:
                with part.open("rb") as file:
                    shutil.copyfileobj(file, whole, 2**20)
        _check(temporary, target, sha256)
    return target


def _check(joined: Path, target: Path, sha256: str) -> None:
    actual = digest_file(joined)
    if actual != sha256:
        raise SourceError(
            f"the weights' parts make another file than the pinned one: its sha256 is {actual}, pinned is {sha256}",
            where=target.name,
            remedy="name all parts in params.yaml in their numeric order, and pin the digest of the whole",
        )
