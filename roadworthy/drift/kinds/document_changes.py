"""How the documents of an index differ from those of another night: new, changed and deleted ones, by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentChanges:
    """How the documents of an index differ from those of the reference's last night; ids, sorted."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()

    def of(self, document: str) -> str:
        """Say in a word what became of a document."""
        words = {"is new": self.new, "changed": self.changed, "was deleted": self.deleted}
        return next((word for word, some in words.items() if document in some), "is as it was")


def document_changes(tonight: Mapping[str, str], before: Mapping[str, str]) -> DocumentChanges:
    """Compare two indexes by their documents' digests; nothing is said where one of them is not known."""
    if not tonight or not before:
        return DocumentChanges()
    return DocumentChanges(
        tuple(sorted(tonight.keys() - before.keys())),
        tuple(sorted(one for one in tonight.keys() & before.keys() if tonight[one] != before[one])),
        tuple(sorted(before.keys() - tonight.keys())),
    )
