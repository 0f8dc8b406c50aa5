"""Where the sentences of a text end, for guards that judge sentence by sentence."""

from __future__ import annotations

import re

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def sentence_start(text: str) -> int:
    """Return where the last sentence of `text` begins, which is still being said."""
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    return ends[-1] if ends else 0
