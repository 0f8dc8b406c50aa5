"""Finds the pieces of a text that are base64, hexadecimal or per cent codes, and says what they say."""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from collections.abc import Callable

from roadworthy.guardrails.unicode_text import plain

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])(?:[A-Za-z0-9+/_-]{4}){4,}[A-Za-z0-9+/_-]{0,3}={0,2}(?![A-Za-z0-9+/=_-])")
_WRAPPED = re.compile(r"^([A-Za-z0-9+/_-]{40,76}+)\r?\n(?=[A-Za-z0-9+/_-]{1,76}+={0,2}\s*$)", re.MULTILINE)
"""A line that was broken as mail programs break base64 (RFC 2045: at 76 characters), and goes on in the next."""
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?(?:(?:\\x)?[0-9A-Fa-f]{2}[ ,:]?){8,}(?![0-9A-Za-z])")
# What stands in every piece, and is sooner looked for, as it does not look back first.
_IN_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16}")
_IN_HEX = re.compile(r"[0-9A-Fa-f][0-9A-Fa-f](?:[ ,:]?(?:\\x)?[0-9A-Fa-f]{2}){7}")
_PERCENT = re.compile(r"(?<![\w.~+%-])[\w.~+%-]{9,}+")
_ENCODINGS = (("utf-8", 0.6), ("utf-16-le", 0.765))
"""With the share of letters and spaces from which on something is a text: any two bytes are some letter of UTF-16."""
_SHOWN = 0.9
"""So much of a text, cleaned of what nobody sees, can be printed or is a space."""


def from_base64(text: str) -> str:
    """Return what the base64 in `text` says, a line a piece; empty for none."""
    if _IN_BASE64.search(text) is None:
        return ""
    return _pieces(_BASE64, _WRAPPED.sub(r"\1", text), _base64)


def from_hex(text: str) -> str:
    """Return what the hexadecimal digits in `text` say, a line a piece; empty for none."""
    return _pieces(_HEX, text, _hex) if _IN_HEX.search(text) else ""


def from_percent(text: str) -> str:
    """Return what the per cent codes in `text` say, a line a piece; empty for none."""
    if "%" not in text:
        return ""
    return _pieces(_PERCENT, text, lambda piece: urllib.parse.unquote_plus(piece) if "%" in piece else "")


def _pieces(pattern: re.Pattern[str], text: str, decode: Callable[[str], str]) -> str:
    return "\n".join(filter(None, (decode(match.group()) for match in pattern.finditer(text))))


def _base64(piece: str) -> str:
    if piece.isalpha() and (piece.islower() or piece.isupper()):
        return ""
    standard = piece.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return _readable(base64.b64decode(standard + "=" * (-len(standard) % 4)))
    except (binascii.Error, ValueError):
        return ""


def _hex(piece: str) -> str:
    digits = re.sub(r"0x|\\x|[ ,:]", "", piece)
    return _readable(bytes.fromhex(digits)) if len(digits) % 2 == 0 else ""


def _readable(content: bytes) -> str:
    """Return the text that `content` is, as a detector reads it, or nothing when it is not one."""
    for encoding, letters in _ENCODINGS:
        try:
            text = plain(content.decode(encoding))
        except UnicodeDecodeError:
            continue
        if text and _looks_written(text, letters):
            return text
    return ""


def _looks_written(text: str, letters: float) -> bool:
    """Tell words from bytes that decode by chance. Line breaks are no bytes by chance, though they can't be printed."""
    shown = sum(one.isprintable() or one.isspace() for one in text)
    return shown >= _SHOWN * len(text) and sum(one.isalpha() or one.isspace() for one in text) >= letters * len(text)
