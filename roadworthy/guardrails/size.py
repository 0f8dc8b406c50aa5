"""The guard against texts that are too long: the only one that may see a text of any length."""

from __future__ import annotations

from roadworthy.guardrails.interface import Context, Place, Scan, Settled, Verdict

EVERYWHERE = frozenset(Place)


class SizeGuard:
    """Blocks what has more than `limit` characters; it comes first, so that no other guard meets 10 MB."""

    name = "size"

    def __init__(self, limit: int, places: frozenset[Place] = EVERYWHERE) -> None:
        self.places = places
        self._limit = limit

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Compare the length with the limit."""
        if len(text) <= self._limit:
            return Scan(Verdict.ALLOWED, text)
        return Scan(
            Verdict.BLOCKED,
            text,
            f"{len(text):,} characters, {self._limit:,} are allowed",
            f"That is too long: please write at most {self._limit:,} characters.",
        )

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Let all through up to the limit; a text that grows beyond it is blocked then."""
        return Settled(len(text), len(text) if len(text) <= self._limit else 0)
