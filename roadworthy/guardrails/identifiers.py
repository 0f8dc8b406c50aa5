"""Finds structured identifiers of people: those that a pattern, a check digit or the words before them give away."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from roadworthy.guardrails.many_sieves import ManySieves
from roadworthy.guardrails.needed_words import fold
from roadworthy.guardrails.phones import CANDIDATE, LOOK_AHEAD, SIX_DIGITS, find_phones
from roadworthy.guardrails.spans import Identifier, without_overlaps

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%'-]{1,64}+(?<![.'])@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,6}[^\W\d_]{2,24}(?![\w-])"
)
_CREDENTIALS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@?#'\"]{1,128}:[^\s/@?#'\";]{1,128}@[^\s\"'<>]{1,256}", re.IGNORECASE
)
_WEB = re.compile(r"\b(?:https?://|www\.)[^\s\"'<>()]{2,400}[^\s\"'<>().,;:!?]", re.IGNORECASE)
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?(?![A-Za-z0-9])", re.IGNORECASE
)
_CARD = re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-])")
_SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")
_IP4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\w)")
_IP6 = re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", re.IGNORECASE)
_MAC = re.compile(r"(?<![\w:-])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![\w:-])", re.IGNORECASE)
_GAP = (
    r"(?:[ \t]*(?:\b(?:is|was|number|numbers|no|nr|num|of|ist|lautet|ending|as|my|the|it's)\b|[.:#=\"'(]|"
    r"\n)){0,6}[ \t]*"
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez)[a-zä]{0,6}\.?"
_DATE = (
    rf"(?P<value>\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}|\d{{1,2}}(?:st|nd|rd|th|\.)?(?: of)? {_MONTH},? \d{{4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})(?!\w)"
)
_BIRTH = r"\b(?:(?:date|day) of birth|birth[ _-]?(?:date|day)|d\.?o\.?b\.?|born|geboren|geburtsdatum|geb\.)(?![a-z])"
_IN_CONTEXT = {
    "date-of-birth": re.compile(rf"{_BIRTH}{_GAP}(?:(?:on|am|um|le|el|in)\b[ \t]*)?{_DATE}", re.IGNORECASE),
    "ssn": re.compile(
        rf"\b(?:ssn|social security){_GAP}(?P<value>\d{{3}}[- ]?\d{{2}}[- ]?\d{{4}})(?![\w-])", re.IGNORECASE
    ),
    "account-number": re.compile(
        rf"\b(?:accounts?|acct|a/c|konto(?:nummer)?|routing|iban){_GAP}(?P<value>\d(?:[ -]?\d){{5,16}})(?![\w-])",
        re.IGNORECASE,
    ),
    "card-number": re.compile(
        rf"\b(?:card|karte|kartennummer){_GAP}(?P<value>\d(?:[ -]?\d){{11,18}})(?![\w-])", re.IGNORECASE
    ),
    "card-code": re.compile(rf"\b(?:cvv2?|cvc2?|security code){_GAP}(?P<value>\d{{3,4}})(?!\w)", re.IGNORECASE),
    "driving-licence": re.compile(
        rf"\b(?:driver'?s?|driving|"
        rf"drivers')[ -]licen[sc]e{_GAP}(?P<value>(?=[\w-]{{0,9}}\d)[A-Z0-9][A-Z0-9-]{{4,16}})(?![\w-])",
        re.IGNORECASE,
    ),
    "passport": re.compile(rf"\bpassport{_GAP}(?P<value>(?=[A-Z]{{0,3}}\d{{5}})[A-Z0-9]{{6,12}})(?!\w)", re.IGNORECASE),
    "tax-number": re.compile(
        rf"\b(?:ein|itin|tin|tax(?:payer)? id|steuer-?id|steuernummer){_GAP}(?P<value>\d(?:[ /-]?\d){{8,12}})(?![\w-])",
        re.IGNORECASE,
    ),
}
_SIX_DIGITS_IN_CONTEXT = frozenset({"ssn", "account-number", "card-number"})
_DIGIT = re.compile(r"\d")
# What stands in every match of the pattern of that name, and is soon looked for, as it begins with what is rare.
_IN_IBAN = re.compile(r"\d\d ?[^\W_]{4} ?[^\W_]{4}")
_IN_IP4 = re.compile(r"\d\.\d{1,3}\.\d{1,3}\.\d")
_IN_IP6 = re.compile(r":[0-9a-f]{0,4}:", re.IGNORECASE)
_IN_MAC = re.compile(r"[:-][0-9a-f]{2}[:-]", re.IGNORECASE)
WEB_ADDRESS = "web-address"
PATTERNS = (_EMAIL, _CREDENTIALS, _IBAN, _CARD, _SSN, _IP4, _IP6, _MAC, CANDIDATE, *_IN_CONTEXT.values())
"""Whatever `find_identifiers` returns begins where one of these matches, or within what one matches."""
BEYOND = LOOK_AHEAD
"""So many characters after a match decide with it."""


def find_identifiers(text: str) -> tuple[Identifier, ...]:
    """Return what identifies people, in order and free of overlaps.

    Kinds: email, phone, iban, card-number (Luhn), ssn, ip-address, mac-address, url-credentials, and, where the words
    before say so, date-of-birth, account-number, card-code, driving-licence, passport, tax-number.
    """
    return without_overlaps(text, _all(text))


def find_web_addresses(text: str) -> tuple[Identifier, ...]:
    """Return the web addresses; by themselves they identify nobody, so that `find_identifiers` leaves them."""
    return without_overlaps(text, (_spot(match, WEB_ADDRESS) for match in _WEB.finditer(text)))


def _all(text: str) -> Iterator[Identifier]:
    if "@" in text:
        yield from (_spot(match, "url-credentials") for match in _CREDENTIALS.finditer(text))
        yield from (_spot(match, "email") for match in _EMAIL.finditer(text))
    if _DIGIT.search(text):
        yield from _numbers(text)
    if _IN_MAC.search(text):
        yield from (_spot(match, "mac-address") for match in _MAC.finditer(text))
    if _IN_IP6.search(text):
        yield from _checked(text, _IP6, "ip-address", _is_address)


def _numbers(text: str) -> Iterator[Identifier]:
    has_six = SIX_DIGITS.search(text) is not None
    if has_six:
        yield from _checked(text, _CARD, "card-number", _is_card)
        yield from (_spot(match, "ssn") for match in _SSN.finditer(text))
        yield from find_phones(text)
    if _IN_IBAN.search(text):
        yield from _checked(text, _IBAN, "iban", _is_iban)
    if _IN_IP4.search(text):
        yield from _checked(text, _IP4, "ip-address", _is_address)
    for kind, pattern in _in_context().passing(fold(text)):
        if has_six or kind not in _SIX_DIGITS_IN_CONTEXT:
            yield from (Identifier(*match.span("value"), kind) for match in pattern.finditer(text))


@lru_cache(maxsize=1)
def _in_context() -> ManySieves[str]:
    return ManySieves(_IN_CONTEXT.items())


def _spot(match: re.Match[str], kind: str) -> Identifier:
    return Identifier(match.start(), match.end(), kind)


def _checked(text: str, pattern: re.Pattern[str], kind: str, holds: Callable[[str], bool]) -> Iterator[Identifier]:
    return (_spot(match, kind) for match in pattern.finditer(text) if holds(match.group()))


def _is_iban(value: str) -> bool:
    # Late imports: start-up time.
    from stdnum import iban

    return bool(iban.is_valid(value, check_country=False))


def _is_card(value: str) -> bool:
    from stdnum import luhn

    digits = re.sub(r"[ -]", "", value)
    return digits[0] in "23456" and len(set(digits)) > 1 and bool(luhn.is_valid(digits))


def _is_address(value: str) -> bool:
    """Tell an address that belongs to somebody from a version number or a time: 0.0.0.0, ::1 and the like do not."""
    if value.count(":") and len(value) < 8:
        return False
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)
