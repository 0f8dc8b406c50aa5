"""An answer that people have rated, and what reads a file of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from roadworthy.errors import DataError
from roadworthy.evaluation.judges.interface import Case


@dataclass(frozen=True)
class LabelledCase:
    """What a judge looks at, and what people said of it."""

    case: Case
    approved: bool


class ReadLabels(Protocol):
    """Reads a file of people's ratings."""

    def __call__(self, path: Path, passages: Path | None) -> tuple[LabelledCase, ...]:
        """Return the cases in the file's order; `passages` holds the texts where the ratings only name them.

        Raises `DataError` that names the file, and the line where there is one.
        """


def broken(path: Path, line: int, problem: str) -> DataError:
    """Return the error for a line that can't be used."""
    return DataError(problem, where=f"{path.name}:{line}", remedy="correct the line, or leave it out")
