"""Reads a text the ways in which somebody may have hidden words in it: base64, hex, rot13 and the like."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

from roadworthy.guardrails.unicode_text import plain

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])(?:[A-Za-z0-9+/_-]{4}){4,}[A-Za-z0-9+/_-]{0,3}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?(?:(?:\\x)?[0-9A-Fa-f]{2}[ ,:]?){8,}(?![0-9A-Za-z])")
_PERCENT = re.compile(r"(?<![\w.~+%-])[\w.~+%-]{9,}+")
_SPACED = re.compile(
    r"(?<!\w)(?:\w(?P<gap>[ .*_|/-]))(?:\w(?P=gap)){4,}\w(?!\w)(?:(?P=gap){2,}(?:\w(?P=gap))*\w(?!\w))*"
)
_DIGITS_AS_LETTERS = str.maketrans("01345789@$!|", "oieastbgasil")
_DRESSED_WORD = re.compile(r"(?<![\w@$!|])[\w@$!|]{3,32}(?![\w@$!|])")
_WORD = re.compile(r"[a-z]{3,}")
_COMMON = frozenset({
    "the", "and", "you", "for", "that", "this", "with", "all", "your", "are", "not", "from", "have", "what", "will",
    "can", "tell", "now", "above", "say", "show", "how", "make", "write", "please", "secret", "password", "rules",
    "print", "reveal", "previous", "instruction", "instructions", "ignore", "forget", "disregard", "prompt", "system",
    "die", "der", "und", "nicht", "alle", "ist", "sie", "vergiss", "anweisungen", "ignoriere",
})  # fmt: skip
_ENOUGH_WORDS = 2
_MOSTLY = 0.85


@dataclass(frozen=True)
class View:
    """One way to read a text."""

    name: str
    """raw, plain, base64, hex, percent, rot13, reversed, spaced or digits."""
    text: str


def views(text: str) -> tuple[View, ...]:
    """Return the text as it stands, cleaned, and decoded in each way that gives something to read; no view twice."""
    found = [View("raw", text), View("plain", plain(text))]
    found += decoded(found[1].text)
    seen: set[str] = set()
    return tuple(view for view in found if not (view.text in seen or seen.add(view.text)))  # type: ignore[func-returns-value]


def decoded(text: str) -> list[View]:
    """Return what is hidden in `text`, decoded; what was encoded twice is decoded twice."""
    found = _once(text)
    return found + [inner for view in found if view.name in ("base64", "hex", "percent") for inner in _once(view.text)]


def _once(text: str) -> list[View]:
    found = [
        View("base64", _pieces(_BASE64, text, _from_base64)),
        View("hex", _pieces(_HEX, text, _from_hex)),
        View("percent", _pieces(_PERCENT, text, _from_percent) if "%" in text else ""),
        View("spaced", _pieces(_SPACED, text, _without_gaps)),
        View("rot13", _if_words(codecs.encode(text, "rot13"), text)),
        View("reversed", _if_words(text[::-1], text)),
        View("digits", _if_words(_DRESSED_WORD.sub(_undressed, text), text)),
    ]
    return [view for view in found if view.text]


def _pieces(pattern: re.Pattern[str], text: str, decode: Callable[[str], str]) -> str:
    """Join what the encoded pieces of `text` say."""
    return "\n".join(filter(None, (decode(match.group()) for match in pattern.finditer(text))))


def _from_base64(piece: str) -> str:
    if piece.isalpha() and (piece.islower() or piece.isupper()):
        return ""
    standard = piece.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return _readable(base64.b64decode(standard + "=" * (-len(standard) % 4)))
    except (binascii.Error, ValueError):
        return ""


def _from_hex(piece: str) -> str:
    digits = re.sub(r"0x|\\x|[ ,:]", "", piece)
    return _readable(bytes.fromhex(digits)) if len(digits) % 2 == 0 else ""


def _from_percent(piece: str) -> str:
    return urllib.parse.unquote_plus(piece) if "%" in piece else ""


def _readable(content: bytes) -> str:
    """Return the text that `content` is, or nothing when it is not one."""
    for encoding in ("utf-8", "utf-16-le"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if (
            text
            and sum(one.isalpha() or one.isspace() for one in text) >= _MOSTLY * len(text) * 0.9
            and text.isprintable()
        ):
            return text
    return ""


def _without_gaps(piece: str) -> str:
    """Write `i g n o r e  a l l` as `ignore all`."""
    gap = re.escape(piece[1])
    return re.sub(rf"(?<=\w){gap}(?=\w)", "", re.sub(rf"{gap}{{2,}}", "  ", piece))


def _undressed(match: re.Match[str]) -> str:
    """Read digits as letters in a word that has letters too."""
    word = match.group()
    return word.translate(_DIGITS_AS_LETTERS) if any(map(str.isalpha, word)) else word


def _if_words(candidate: str, text: str) -> str:
    """Return `candidate` if common words stand in it that do not stand in `text`; a reversed text rarely has any."""
    new = set(_WORD.findall(candidate.lower())) & _COMMON
    return candidate if len(new - set(_WORD.findall(text.lower()))) >= _ENOUGH_WORDS else ""
