"""Brings real queries into an evaluation set: anonymised first, then without duplicates, as drafts to fill."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from roadworthy.atomic import append_lines
from roadworthy.digest import SHORT, digest_bytes
from roadworthy.evaluation.draft_query import DraftQuery, drafts_to_jsonl
from roadworthy.evaluation.near_duplicates import NearDuplicates
from roadworthy.evaluation.real_queries import read_real_queries
from roadworthy.evaluation.values import Value


class Redacted(Protocol):
    """A text without what identifies people."""

    @property
    def text(self) -> str:
        """What is left, with placeholders."""


class AddingReport(Value):
    """What became of the rows; they add up to `read`."""

    column: str
    read: int
    empty: int
    exact_duplicates: int
    """Already there, or twice in the file, but for case and white space."""
    near_duplicates: int
    added: int
    redacted: int
    """Rows, of those read, in which something identified a person."""


class Added(Value):
    """The drafts, and the report."""

    drafts: tuple[DraftQuery, ...]
    report: AddingReport


def add_queries(
    source: Path, existing: Iterable[str], redact: Callable[[str], Redacted], column: str | None = None
) -> Added:
    """Turn a CSV or JSON Lines file of real queries into drafts.

    `existing` holds the texts of the queries and drafts that are there. Every text goes through `redact` before
    anything else sees it. Raises `DataError` as `read_real_queries` does, and whatever `redact` raises.
    """
    read = read_real_queries(source, column)
    texts = [redact(text).text for text in read.texts]
    changed = sum(new != old for new, old in zip(texts, read.texts, strict=True))
    sieve = Sieve(existing)
    drafts = tuple(draft_of(text) for text in map(tidy, texts) if sieve.keeps(text))
    report = AddingReport(
        column=read.column,
        read=len(texts),
        empty=sieve.empty,
        exact_duplicates=sieve.exact,
        near_duplicates=sieve.near,
        added=len(drafts),
        redacted=changed,
    )
    return Added(drafts=drafts, report=report)


def append_drafts(path: Path, drafts: tuple[DraftQuery, ...]) -> None:
    """Put the drafts behind those that the file at `path` holds; in one step, so that no half line is ever there."""
    append_lines(path, drafts_to_jsonl(drafts))


class Sieve:
    """Lets each text through once, and counts what it held back and why: empty, exact or nearly the same."""

    def __init__(self, existing: Iterable[str]) -> None:
        self.empty = self.exact = self.near = 0
        self._seen: set[str] = set()
        self._like = NearDuplicates()
        for text in existing:
            self._remember(text)

    def keeps(self, text: str) -> bool:
        """Tell whether the text is new; from then on it is not."""
        if not text:
            self.empty += 1
        elif tidy(text).casefold() in self._seen:
            self.exact += 1
        elif self._like.has_like(text):
            self.near += 1
        else:
            self._remember(text)
            return True
        return False

    def _remember(self, text: str) -> None:
        self._seen.add(tidy(text).casefold())
        self._like.add(text)


def draft_of(text: str) -> DraftQuery:
    """Return the draft of a text that is anonymised; the same text has the same id."""
    return DraftQuery(id=f"real-{digest_bytes(text.encode())[:SHORT]}", query=text)


def tidy(text: str) -> str:
    """Return the text with one space where white space was."""
    return " ".join(text.split())
