"""The guard that takes structured identifiers out of a text and leaves typed placeholders."""

from __future__ import annotations

from roadworthy.guardrails.identifiers import BEYOND, PATTERNS, find_identifiers
from roadworthy.guardrails.interface import Context, Place, Scan, Settled, TakenOut, Verdict
from roadworthy.guardrails.spans import counted, replaced, settled_before

FAMILY = "personal"


class PersonalDataGuard:
    """Writes `[personal: iban]` for an IBAN, and so on for each kind of `find_identifiers`."""

    name = "personal-data"

    def __init__(self, places: frozenset[Place] = frozenset({Place.INPUT})) -> None:
        self.places = places

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Replace every identifier; changed when there was one. Never blocks."""
        found = find_identifiers(text)
        if not found:
            return Scan(Verdict.ALLOWED, text)
        # Of documents and outputs nothing is kept: nobody there speaks for the customer.
        kept = found if place is Place.INPUT else ()
        taken_out = tuple(TakenOut(one.kind, text[one.start : one.end]) for one in kept)
        reason = f"taken out: {counted(found)}"
        return Scan(Verdict.CHANGED, replaced(text, found, FAMILY), reason, taken_out=taken_out)

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Let through what stands before the first identifier, and before what may become one."""
        return settled_before(text, since, find_identifiers(text), PATTERNS, BEYOND)
