"""Texts made comparable: numbers, currencies, hyphens, quotes and case, so that only what is said counts."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = r"(\d+(?:\.\d+)?)"
_SMALL_NUMBERS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty
"""
_SPELT = {word: str(number) for number, word in enumerate(_SMALL_NUMBERS.split())} | {
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "ninety": "90",
}
_CURRENCIES = {
    "usd": r"us\$|\$|usd|us dollars?|dollars?",
    "eur": r"€|eur|euros?",
    "gbp": r"£|gbp|pounds?(?: sterling)?",
}
_RULES = (
    # The thousands' comma, and decimals that say nothing.
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    (re.compile(r"(\d+\.\d*?[1-9])0+(?!\d)"), r"\1"),
    (re.compile(r"(\d+)\.0+(?!\d)"), r"\1"),
    (re.compile(rf"{_NUMBER}\s*(?:%|percent\b|per cent\b)"), r"\1%"),
    *(
        rule
        for code, names in _CURRENCIES.items()
        for rule in (
            (re.compile(rf"(?<!\w)(?:{names})\s*{_NUMBER}"), rf"\1 {code}"),
            (re.compile(rf"{_NUMBER}\s*(?:{names})(?!\w)"), rf"\1 {code}"),
        )
    ),
)
_WORD = re.compile(r"\d+(?:\.\d+)?%?|[^\W_\d]+(?:\d+)?")
_CITATION = re.compile(r"\[[^\[\]]{1,200}\]")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")


def words(text: str) -> list[str]:
    """Return the words of a text: `$1,250.00` and `1250 dollars` are both `1250`, `usd`; `five per cent` is `5%`."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"['’‘`´]", "", text)
    text = re.sub(r"[a-z]+", lambda found: _SPELT.get(found[0], found[0]), text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return _WORD.findall(text)


def says(text_words: list[str], wording: str) -> bool:
    """Tell whether the words of a text hold the wording as whole words in a row."""
    wanted = " ".join(words(wording))
    return bool(wanted) and f" {wanted} " in f" {' '.join(text_words)} "


def without_citations(text: str) -> str:
    """Return the text without its marks of citation, which are square brackets."""
    return _CITATION.sub(" ", text)


def sentences(text: str) -> list[str]:
    """Return the sentences, and lines, that hold a word."""
    return [piece.strip() for piece in _SENTENCE_END.split(text) if _WORD.search(piece)]
