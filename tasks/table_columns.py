"""Compares the columns that a file has with those that are declared."""

from __future__ import annotations

from difflib import get_close_matches

from roadworthy.errors import SourceError

DECLARATION = "ingest.sources: columns in params.yaml"


def check_columns(given: list[str], declared: list[str], file_name: str, *, ordered: bool) -> None:
    """Refuse missing, renamed, unexpected and repeated columns, and with `ordered` those in another order."""
    missing = [column for column in declared if column not in given]
    extra = [column for column in given if column not in declared]
    twice = sorted({column for column in given if given.count(column) > 1})
    if missing:
        raise _missing(missing, extra, given, file_name)
    if extra or twice:
        problem = "undeclared columns" if extra else "a column twice"
        raise SourceError(
            f"{file_name} has {problem}: {', '.join(extra or twice)}",
            where=f"{file_name}: column {(extra or twice)[0]}",
            remedy=f"add it to {DECLARATION}" if extra else "take one of them out of the file",
        )
    if ordered and given != declared:
        found, expected = next(pair for pair in zip(given, declared, strict=True) if pair[0] != pair[1])
        raise SourceError(
            f"{file_name} has its columns in another order: {found} stands where {expected} is declared",
            where=f"{file_name}: column {found}",
            remedy=f"bring {DECLARATION} into the file's order",
        )


def _missing(missing: list[str], extra: list[str], given: list[str], file_name: str) -> SourceError:
    near = get_close_matches(missing[0], extra or given, n=1)
    renamed = f"was it renamed to {near[0]!r}? " if near else ""
    return SourceError(
        f"{file_name} has no column {', '.join(missing)}",
        where=f"{file_name}: column {missing[0]}",
        remedy=f"{renamed}Correct the file, or {DECLARATION}",
    )
