"""Letters of other scripts that look like Latin ones, after Unicode's table of confusables (UTS #39)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"\w{3,}")
_SCRIPTS = ("CYRILLIC ", "GREEK ", "ARMENIAN ", "CHEROKEE ", "COPTIC ", "LISU ", "LATIN ")


@lru_cache(maxsize=1)
def table() -> dict[int, str]:
    """Return the ASCII letter for each letter that looks like one; made once, in a quarter of a second."""
    # Late imports: start-up time.
    from confusable_homoglyphs.confusables import confusables_data

    found: dict[int, str] = {}
    for character, alikes in confusables_data.items():
        if len(character) != 1 or character.isascii() or not character.isalpha():
            continue
        if not unicodedata.name(character, "").startswith(_SCRIPTS):
            continue
        letters = [one["c"] for one in alikes if len(one["c"]) == 1 and one["c"].isascii() and one["c"].isalpha()]
        if letters:
            found[ord(character)] = letters[0]
    return found


def folded(text: str) -> str:
    """Replace every lookalike, whatever its word: for detectors, never for what the model reads."""
    return text if text.isascii() else text.translate(table())


def unmixed(text: str) -> str:
    """Replace lookalikes only in words of three and more characters that mix them with ASCII letters.

    `pаssword` with a Cyrillic а is no word of any language; a word that is Cyrillic throughout is honest Russian,
    and a Latin letter with a mark (ß, é, ł) is no lookalike.
    """
    return text if text.isascii() else _WORD.sub(lambda match: _unmixed_word(match.group()), text)


def _unmixed_word(word: str) -> str:
    if word.isascii() or not any(one.isascii() and one.isalpha() for one in word):
        return word
    strangers = [one for one in word if not one.isascii()]
    lookalikes = table()
    if any(ord(one) not in lookalikes or unicodedata.name(one, "").startswith("LATIN ") for one in strangers):
        return word
    return word.translate(lookalikes)
