"""Decides, while the model is still speaking, how much of what it said may be shown."""

from __future__ import annotations

from collections.abc import Callable

from roadworthy.guardrails.interface import Context
from roadworthy.guardrails.run import Guardrails
from roadworthy.guardrails.sentences import sentence_start

STEP = 48
"""The guards look when so many characters are new, or a quarter of what there is: the work stays in proportion."""
_SHARE = 4


class Showing:
    """Hears an answer piece by piece; one per answer."""

    def __init__(self, guards: Guardrails, context: Context, may_show: Callable[[str], bool]) -> None:
        self._guards = guards
        self._context = context
        self._may_show = may_show
        self._text = ""
        self._shown = 0
        self._next = STEP

    async def hear(self, piece: str) -> str:
        """Return what may be shown in addition now that `piece` came; often nothing: they look where a sentence ended.

        The guards look at what came before this piece: when there is no further one, they look at the whole anyway.
        """
        text = self._text
        self._text = text + piece if text else piece.lstrip()
        if len(text) < self._next or sentence_start(text[self._shown :]) == 0:
            return ""
        self._next = len(text) + max(STEP, len(text) // _SHARE)
        end = await self._guards.settled(text, self._shown, self._context)
        if end <= self._shown or not self._may_show(text[:end]):
            return ""
        begin, self._shown = self._shown, end
        return text[begin:end]
