"""The guard that keeps the system prompt inside: it looks for runs of its words in the answer, decoded too."""

from __future__ import annotations

import re
from functools import lru_cache

from roadworthy.guardrails.encodings import views
from roadworthy.guardrails.interface import Context, Place, Scan, Settled, Verdict

_WORD = re.compile(r"\w+")
_LOOK_BACK = 200


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
        prompt = _runs_of_prompt(context.system_prompt, self._length)
        found = [(view, prompt & _runs(view.text, self._length)) for view in views(text)]
        if not any(runs for _, runs in found):
            return Scan(Verdict.ALLOWED, text)
        # What is no secret is rarely asked for: the passages are much longer than the answer.
        secret = prompt - _runs("\n".join([*context.passages, context.question]), self._length)
        for view, runs in found:
            leaked = len(secret & runs)
            if leaked and leaked >= min(self._least, len(secret)):
                return Scan(Verdict.BLOCKED, text, f"{leaked} runs of words of the system prompt ({view.name})")
        return Scan(Verdict.ALLOWED, text)

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Hold back the last words as long as they follow each other in the prompt as well; all, once it leaks."""
        if self.scan(text, Place.OUTPUT, context).verdict is Verdict.BLOCKED:
            return Settled(len(text), 0)
        pairs = _runs(context.system_prompt, 2)
        words = list(_WORD.finditer(text))[-_LOOK_BACK:]
        # The last word may go on, and so may be any.
        first = len(words) - 2
        while first > 0 and (words[first - 1].group().casefold(), words[first].group().casefold()) in pairs:
            first -= 1
        return Settled(len(text), words[first].start() if first >= 0 else 0)


@lru_cache(maxsize=16)
def _runs_of_prompt(prompt: str, length: int) -> frozenset[tuple[str, ...]]:
    """Return the runs of a system prompt; a release has few of them."""
    return frozenset(_runs(prompt, length))


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    """Return the runs of `length` words; of a shorter text all its words, if they are three at least."""
    words = _WORD.findall(text.casefold())
    if 3 <= len(words) < length:
        return {tuple(words)}
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}
