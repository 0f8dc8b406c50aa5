"""`roadworthy diff`: what differs between two releases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cli.output import columns, print_json
from cli.releases import Named, find
from roadworthy.digest import SHORT
from roadworthy.errors import UsageError
from roadworthy.release.difference import Change, Difference, ReleaseContent, difference, stored_content

if TYPE_CHECKING:
    from roadworthy.assistant.difference import AssistantDifference

PARTS = ("data", "parameters", "code", "environment", "metrics", "files")
LONGEST = 48
"""A longer value is cut; --json has all of it."""
BY_SEGMENT = ("segments.", "kinds.", "measured.")
"""How the names of metrics by segment begin; there are hundreds, and --json has them all."""


def show_difference(one: str, other: str, as_json: bool) -> int:
    """Print what differs from the first release to the second, part by part."""
    old, new = _both(one, other)
    before, after = stored_content(old.store, old.record.digest), stored_content(new.store, new.record.digest)
    found = difference(before, after)
    of_assistant = _of_assistant(before, after)
    if as_json:
        print_json({"from": str(old), "to": str(new), "difference": found, "assistant": of_assistant})
    else:
        _show(f"{old} → {new}", found)
        if of_assistant:
            _show_assistant(of_assistant)
    return 0


def _of_assistant(before: ReleaseContent, after: ReleaseContent) -> AssistantDifference | None:
    if after.manifest.kind != "assistant":
        return None
    from roadworthy.assistant.difference import assistant_difference

    return assistant_difference(before, after)


def _show_assistant(found: AssistantDifference) -> None:
    for text in found.texts:
        print(f"\n{text.name}")
        for line in text.lines:
            print(f"  {line}")
    print(f"\nqueries: {len(found.queries)} scored another way, the greatest loss first")
    if found.rescored:
        print(f"  not compared, as they were scored by another scorer: {', '.join(found.rescored)}")
    for query in found.queries:
        changes = ", ".join(f"{metric} {change:+.2f}" for metric, change in query.changes.items())
        print(f"  {query.id}  {query.query}")
        print(f"    {changes}")
        if query.challenger != query.production:
            print(f"    before: {query.production}")
            print(f"    after:  {query.challenger}")


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
    print(title)
    if found.empty:
        print("nothing differs")
    for part in PARTS:
        changes: tuple[Change, ...] = getattr(found, part)
        print(f"\n{part}: {len(changes)} changed" if changes else f"\n{part}: the same")
        shown = [change for change in changes if not change.name.startswith(BY_SEGMENT)]
        for line in columns([(change.name, _cut(change.old), "→", _cut(change.new)) for change in shown]):
            print(f"  {line}")
        if len(shown) < len(changes):
            print(f"  and {len(changes) - len(shown)} by segment; --json has them all")


def _cut(value: object) -> str:
    text = "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
    if re.fullmatch("[0-9a-f]{40,64}", text):
        return text[:SHORT]
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
