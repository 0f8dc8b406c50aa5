"""Finds telephone numbers: international ones, those in a country's usual shape, and those that words point at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roadworthy.guardrails.spans import Identifier

CANDIDATE = re.compile(
    r"(?<![\w$€£#@=])(?<!\d[ .,:/-])(?:\+|\()?\d(?:[ \t().\-]{0,3}\d){5,16}+(?:[ ]?(?:x|"
    r"ext\.?)[ ]?\d{1,6})?(?![\w@/])(?![.,:]\d)",
    re.IGNORECASE,
)
SIX_DIGITS = re.compile(r"\d(?:[ \t().-]{0,3}\d){5}")
"""What every telephone number holds, and most numbers of cards and accounts. It begins with a digit, so that `re` goes
from digit to digit, where patterns that look back first stop at each character."""
_EXTENSION = re.compile(r"[ ]?(?:x|ext\.?)[ ]?\d{1,6}$", re.IGNORECASE)
_SHAPE = re.compile(r"(?:\+|00\d)|(?:1[-. ])?(?:\(\d{3}\)[ ]?\d{3}[- .]\d{4}|\d{3}([-. ])\d{3}\1\d{4})\b")
_SHARED_FIRST = r"phones?|mobile|cell(?:phone)?|telephone|tel|fax|telefon|handy|mobil|whatsapp"
_BEFORE = re.compile(
    rf"\b(?:{_SHARED_FIRST}|desk|call|text|ring|dial|reach|answering|contact(?: number)?|sms|hotline)\b"
    r"(?:[ \t.:#*\-]|\n{0,2}|\b(?:me|us|him|her|them|you|back|at|on|to|is|my|the|number|no|nr|of|home|work|new|old|"
    r"under|unter|via|please|now|or|ist|it's)\b){0,12}$",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"^[ \t]?[-(]?[ \t]?(?:{_SHARED_FIRST}|office|home|work|desk)\b", re.IGNORECASE)
_LOOK_BACK = 48
LOOK_AHEAD = 12
"""So many characters after a candidate are looked at."""
_DIGITS = range(7, 16)
"""E.164 allows 15."""


def find_phones(text: str) -> Iterator[Identifier]:
    """Yield telephone numbers with their extension; digits that nothing points at are left alone."""
    if SIX_DIGITS.search(text) is None:
        return
    for match in CANDIDATE.finditer(text):
        number = _EXTENSION.sub("", match.group())
        if sum(map(str.isdigit, number)) in _DIGITS and _is_phone(text, match.start(), match.end(), number):
            yield Identifier(match.start(), match.end(), "phone")


def _is_phone(text: str, start: int, end: int, number: str) -> bool:
    if _BEFORE.search(text[max(0, start - _LOOK_BACK) : start]) or _AFTER.match(text[end : end + LOOK_AHEAD]):
        return True
    shape = _SHAPE.match(number)
    if shape is None:
        return False
    return shape.group().startswith(("+", "00")) is False or _possible(number)


def _possible(number: str) -> bool:
    """Ask Google's metadata whether a number with its country's code can exist."""
    # Late imports: start-up time.
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number if number.startswith("+") else f"+{number.lstrip('0')}")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(parsed)
