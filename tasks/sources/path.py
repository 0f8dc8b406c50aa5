"""A source on this machine's disk."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from roadworthy.errors import SourceError


def file_at(uri: str, root: Path) -> Path:
    """Return the file that `uri` names, relative to the repository's root unless it is absolute.

    It may lie outside the repository: its digest is pinned. Raises `SourceError` when it is not there.
    """
    path = root / uri
    if path.is_file():
        return path
    siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    near = get_close_matches(path.name, siblings, n=1)
    raise SourceError(
        f"there is no file {uri}",
        where=f"params.yaml: ingest.sources: uri {uri}",
        remedy=f"did you mean {near[0]!r}?" if near else "put the file there, or correct the path",
    )
