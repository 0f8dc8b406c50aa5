"""Where in a text something stands that has to go, and how typed placeholders take its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from roadworthy.guardrails.interface import Settled
from roadworthy.guardrails.unfinished import unfinished

PLACEHOLDER = re.compile(r"\[(?:secret|personal): [a-z0-9-]{1,40}\]")
"""What `replaced` leaves behind; no finder looks into it."""


@dataclass(frozen=True)
class Identifier:
    """A stretch of a text, text[start:end], and what kind of thing stands there."""

    start: int
    end: int
    kind: str
    """Lower-case letters, digits and hyphens, such as `iban`."""


def without_overlaps(text: str, found: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """Keep the earliest, then the longest, of those that overlap; drop what touches a placeholder; in order."""
    taken = [match.span() for match in PLACEHOLDER.finditer(text)]
    kept: list[Identifier] = []
    end = 0
    for one in sorted(found, key=lambda one: (one.start, -one.end, one.kind)):
        free = all(one.end <= first or last <= one.start for first, last in taken)
        if free and one.start >= end and one.end > one.start:
            kept.append(one)
            end = one.end
    return tuple(kept)


def replaced(text: str, found: Sequence[Identifier], family: str) -> str:
    """Put `[family: kind]` where each of `found` stands; `found` is in order and free of overlaps."""
    pieces, end = [], 0
    for one in found:
        pieces += [text[end : one.start], f"[{family}: {one.kind}]"]
        end = one.end
    return "".join([*pieces, text[end:]])


def counted(found: Iterable[Identifier]) -> str:
    """Say how many of which kind there are, for a reason: `2 email, 1 iban`."""
    counts = Counter(one.kind for one in found)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))


def settled_before(
    text: str, since: int, found: Sequence[Identifier], patterns: Iterable[re.Pattern[str]], beyond: int = 0
) -> Settled:
    """Return what no finder with these patterns takes anything out of, whatever follows: what stands before the first
    of `found`, and before what may become one. A finder may look at `beyond` characters after a match.
    """
    begun = unfinished((*patterns, PLACEHOLDER), text, since)
    ended = unfinished(patterns, text[: max(len(text) - beyond, 0)], since) if beyond else begun
    settled = min(begun, ended, found[0].start if found else len(text))
    return Settled(settled, settled)
