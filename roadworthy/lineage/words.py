"""Says sizes, times and digests as people do, for both drawings."""

from __future__ import annotations

from collections.abc import Iterable

from roadworthy.digest import SHORT
from roadworthy.lineage.interface import Artifact, StepRecord


def said_digest(digest: str) -> str:
    """Return the first digits."""
    return digest[:SHORT]


def said_seconds(seconds: float) -> str:
    """Return a duration, as exact as its size deserves."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60} s"


def said_size(size: int | None) -> str:
    """Return a number of bytes in decimal units; nothing for None."""
    if size is None:
        return ""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def said_count(count: int | None, noun: str) -> str:
    """Return a number and its noun, which takes an s but for one; nothing for None."""
    if count is None:
        return ""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def said_files(artifacts: Iterable[Artifact]) -> str:
    """Return what is to be said in one line about a file, or about several."""
    artifacts = tuple(artifacts)
    if len(artifacts) == 1:
        only = artifacts[0]
        shape = said_count(only.rows, "row") or said_size(only.size)
        return " · ".join(part for part in (said_digest(only.digest), shape) if part)
    sizes = [item.size for item in artifacts if item.size is not None]
    whole = said_size(sum(sizes)) if sizes else ""
    return " · ".join(part for part in (said_count(len(artifacts), "file"), whole) if part)


def said_validation(record: StepRecord) -> str:
    """Return how many expectations held; nothing for a step that checked none."""
    found = [expectation for table in record.validation for expectation in table.expectations]
    if not found:
        return ""
    return f"{sum(item.success for item in found)} of {said_count(len(found), 'expectation')} held"
