"""Remembers what the guards made of documents: a release's passages stay the same, and so does the verdict on them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from roadworthy.guardrails.guarded import Guarded
from roadworthy.guardrails.interface import Verdict

MOST = 4096
LONGEST = 10_000
"""Characters; longer texts are looked at each time."""


class RememberedDocuments:
    """Verdicts by text, those that were needed last; for one event loop.

    What could not be scanned is not remembered: it may go better the next time.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[str, Guarded] = OrderedDict()

    def get(self, text: str) -> Guarded | None:
        """Return what the guards made of this text; its findings took no time now."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
        return known

    def put(self, text: str, guarded: Guarded) -> None:
        """Remember it."""
        if len(text) > LONGEST or any(finding.verdict is Verdict.NOT_SCANNED for finding in guarded.findings):
            return
        self._known[text] = replace(guarded, findings=tuple(replace(one, seconds=0.0) for one in guarded.findings))
        if len(self._known) > self._most:
            self._known.popitem(last=False)
