"""`roadworthy diff`: what differs between two releases."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from cli.output import print_json
from cli.releases import Named, find
from roadworthy.errors import UsageError
from roadworthy.release.difference import Change, Difference, difference, stored_content

PARTS = ("data", "parameters", "code", "environment", "metrics", "files")
LONGEST = 60
"""A longer value is cut; --json has all of it."""


def show_difference(one: str, other: str, as_json: bool) -> int:
    """Print what differs from the first release to the second, part by part."""
    old, new = _both(one, other)
    found = difference(stored_content(old.store, old.record.digest), stored_content(new.store, new.record.digest))
    if as_json:
        print_json({"from": str(old), "to": str(new), "difference": found})
    else:
        _show(f"{old} → {new}", found)
    return 0


def _both(one: str, other: str) -> tuple[Named, Named]:
    old = find(one)
    new = find(other, default=old.capability)
    if old.capability != new.capability:
        raise UsageError(
            f"{old} and {new} are releases of two capabilities",
            remedy="name two releases of one, such as flight-delay@3 and flight-delay@4",
        )
    return old, new


def _show(title: str, found: Difference) -> None:
    console = Console(highlight=False)
    console.print(f"[bold]{title}[/bold]")
    if found.empty:
        console.print("nothing differs")
    for part in PARTS:
        changes: tuple[Change, ...] = getattr(found, part)
        console.print(f"\n[bold]{part}[/bold]: {len(changes)} changed" if changes else f"\n[dim]{part}: the same[/dim]")
        if changes:
            console.print(_table(changes))


def _table(changes: tuple[Change, ...]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for change in changes:
        table.add_row(f"  {change.name}", _cut(change.old), "→", _cut(change.new))
    return table


def _cut(value: object) -> str:
    text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
