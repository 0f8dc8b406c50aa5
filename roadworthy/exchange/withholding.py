"""What of a question the tool layer may use although the model may not read it."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.guardrails.interface import TakenOut
from roadworthy.tools.withheld import PLACEHOLDERS, Withheld


def withheld_from(taken_out: Sequence[TakenOut]) -> Withheld:
    """Return the one value of each kind that a tool may take; none of a kind of which the customer named several.

    One placeholder stands for all of a kind: which of two addresses the model means can't be known, and is not guessed.
    """
    found = {form: {one.value for one in taken_out if one.kind == form} for form in PLACEHOLDERS}
    return Withheld({form: next(iter(values)) for form, values in found.items() if len(values) == 1})
