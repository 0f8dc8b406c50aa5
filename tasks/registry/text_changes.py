"""What a release's prompts and policy changed, against what was in production when it was made: a page in MLflow."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.assistant.difference import TextChange, assistant_difference
from roadworthy.release.difference import stored_content
from roadworthy.release.entries import Released
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import ReleaseRecord, standing_of
from tasks.registry.connect import Registry

PAGE = "changes_to_production.md"
"""The artifact that MLflow's page shows as text."""
COMPARED = "roadworthy.changes_to"
"""The run's tag that names the production release of that time."""


@dataclass(frozen=True)
class TextChanges:
    """The changes of a release's texts, and against which release."""

    production: str
    """What people call it; empty when nothing was in production."""
    texts: tuple[TextChange, ...] = ()

    def page(self) -> str:
        """Return the changes in Markdown."""
        if not self.production:
            return "# Prompts and policy\n\nNothing was in production when this release was made.\n"
        pieces = [f"# Prompts and policy against {self.production}, which was in production"]
        pieces += [_fenced(change) for change in self.texts]
        return "\n\n".join(pieces if self.texts else [*pieces, "They are the same."]) + "\n"


def changes_to_production(ledger: Ledger, number: int) -> TextChanges:
    """Return what differs from the release that was live when `number` was released: the same whenever it is asked."""
    production = _production_then(ledger, number)
    if production is None:
        return TextChanges("")
    this = standing_of(ledger.capability, ledger.entries()).release(number)
    before, after = (stored_content(ledger.store, record.digest) for record in (production, this))
    return TextChanges(f"{ledger.capability}@{production.number}", assistant_difference(before, after).texts)


def log_changes(registry: Registry, run: str, changes: TextChanges) -> None:
    """Log the page, and name the other release in a tag."""
    registry.client.log_text(run, changes.page(), PAGE)
    registry.client.set_tag(run, COMPARED, changes.production or "nothing in production")


def _production_then(ledger: Ledger, number: int) -> ReleaseRecord | None:
    entries = ledger.entries()
    made = next(
        place
        for place, entry in enumerate(entries)
        if isinstance(entry.fact, Released) and entry.fact.release == number
    )
    return standing_of(ledger.capability, entries[:made]).production


def _fenced(change: TextChange) -> str:
    # A prompt may hold a fence itself; a longer one can't be closed by it.
    fence = "`" * (1 + max((len(line) for line in _fences(change.lines)), default=2))
    return "\n".join([f"## {change.name}", "", f"{fence}diff", *change.lines, fence])


def _fences(lines: tuple[str, ...]) -> list[str]:
    """Return the runs of backquotes with which lines begin, behind the mark of the diff."""
    bare = (line[1:].lstrip() for line in lines)
    return [line[: len(line) - len(line.lstrip("`"))] for line in bare if line.startswith("```")]
