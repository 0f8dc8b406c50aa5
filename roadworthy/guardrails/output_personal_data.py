"""The guard that takes identifiers out of an answer, unless they stand in what the answer may rest on."""

from __future__ import annotations

import re

from roadworthy.guardrails.identifiers import BEYOND, PATTERNS, find_identifiers
from roadworthy.guardrails.interface import Context, Place, Scan, Settled, Verdict
from roadworthy.guardrails.personal_data import FAMILY
from roadworthy.guardrails.spans import Identifier, counted, replaced, settled_before


class OutputPersonalDataGuard:
    """Lets through what stands in the question or the passages, tool outputs among them: they are for this user."""

    name = "output-personal-data"
    places = frozenset({Place.OUTPUT})

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Replace every identifier that the context does not hold; written another way it is still the same."""
        found = _strange(text, context)
        if not found:
            return Scan(Verdict.ALLOWED, text)
        return Scan(Verdict.CHANGED, replaced(text, found, FAMILY), f"not in the context: {counted(found)}")

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Let through what stands before the first such identifier, and before what may become one."""
        return settled_before(text, since, _strange(text, context), PATTERNS, BEYOND)


def _strange(text: str, context: Context) -> tuple[Identifier, ...]:
    found = find_identifiers(text)
    if not found:
        return ()
    known = _bare("\n".join([context.question, *context.passages]))
    return tuple(one for one in found if _bare(text[one.start : one.end]) not in known)


def _bare(text: str) -> str:
    """Leave letters and digits only, so that 555-0132 and 555 0132 are one."""
    return re.sub(r"[\W_]+", "", text.casefold())
