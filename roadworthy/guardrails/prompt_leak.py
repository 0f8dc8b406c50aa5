"""The guard that keeps the system prompt inside: it looks for runs of its words in the answer, decoded too."""

from __future__ import annotations

import re

from roadworthy.guardrails.encodings import views
from roadworthy.guardrails.interface import Context, Place, Scan, Verdict

_WORD = re.compile(r"\w+")


class PromptLeakGuard:
    """Blocks an answer with at least `least` different runs of `length` words of the system prompt.

    Runs that stand in the passages or the question as well are no secret and don't count.
    """

    name = "prompt-leak"
    places = frozenset({Place.OUTPUT})

    def __init__(self, length: int = 6, least: int = 3) -> None:
        self._length = length
        self._least = least

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Compare the runs of words of every view of `text` with those of the prompt."""
        secret = _runs(context.system_prompt, self._length) - _runs(
            "\n".join([*context.passages, context.question]), self._length
        )
        if not secret:
            return Scan(Verdict.ALLOWED, text)
        for view in views(text):
            leaked = len(secret & _runs(view.text, self._length))
            if leaked >= min(self._least, len(secret)):
                return Scan(Verdict.BLOCKED, text, f"{leaked} runs of words of the system prompt ({view.name})")
        return Scan(Verdict.ALLOWED, text)


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    """Return the runs of `length` words; of a shorter text all its words, if they are three at least."""
    words = _WORD.findall(text.casefold())
    if 3 <= len(words) < length:
        return {tuple(words)}
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}
