"""Reads words that are spelt to be overlooked: with gaps, digits for letters, backwards, turned by thirteen letters."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

_SPACED = re.compile(
    r"(?<!\w)(?:\w(?P<gap>[ .*_|/-]))(?:\w(?P=gap)){4,}\w(?!\w)(?:(?P=gap){2,}(?:\w(?P=gap))*\w(?!\w))*"
)
_IN_SPACED = re.compile(r"([ .*_|/-])\w\1\w\1\w\1\w\1")
_AS_LETTERS = dict(zip("01345789@$!|", "oieastbgasil", strict=True))
_DRESS = re.compile(r"[01345789]|[@$](?=\w)|(?<=\w)[!|](?=\w)")
"""What may stand for a letter: a mark only where a word goes on, so that `<|end|>` and `Now!` stay what they are."""
_DRESSED_WORD = re.compile(r"(?<![\w@$!|])[\w@$!|]{3,32}(?![\w@$!|])")
_TOKEN = re.compile(r"[\w@$!|]+")
_WORD = re.compile(r"[a-z]{3,}")
_COMMON = frozenset({
    "the", "and", "you", "for", "that", "this", "with", "all", "your", "are", "not", "from", "have", "what", "will",
    "can", "tell", "now", "above", "say", "show", "how", "make", "write", "please", "secret", "password", "rules",
    "print", "reveal", "previous", "instruction", "instructions", "ignore", "forget", "disregard", "prompt", "system",
    "die", "der", "und", "nicht", "alle", "ist", "sie", "vergiss", "anweisungen", "ignoriere",
})  # fmt: skip
_TURNED = {codecs.encode(word, "rot13"): word for word in _COMMON}
_MIRRORED = {word[::-1]: word for word in _COMMON}
_ENOUGH_WORDS = 2
_MOST = 0.6
_FEWEST_LETTERS = 12


def turned_by_13(text: str) -> str:
    """Return `text` in rot13 if that brings common words to light, else nothing."""
    return _respelled(text, _TURNED, lambda text: codecs.encode(text, "rot13"))


def mirrored(text: str) -> str:
    """Return `text` from its end to its start if that brings common words to light, else nothing."""
    return _respelled(text, _MIRRORED, lambda text: text[::-1])


def undressed(text: str) -> str:
    """Return `text` with digits read as letters if that brings common words to light, else nothing.

    `1gn0r3` is dressed, `2024` is not; where most words are dressed, `70` is a word too.
    """
    words = _TOKEN.findall(text)
    # Most words are letters alone, and are soon told from those that have to be looked at.
    odd = [word for word in words if not word.isalpha()]
    dressed = sum(map(_is_dressed, odd))
    if not dressed:
        return ""
    if dressed > len(words) - len(odd):
        return _if_words(_as_letters(text), text)
    return _if_words(_DRESSED_WORD.sub(_undressed, text), text)


def without_gaps(text: str) -> str:
    """Write `i g n o r e  a l l` as `ignore all`: the whole text if most of it is so, else only where it is so."""
    tokens = text.split()
    if len(tokens) >= _FEWEST_LETTERS and list(map(len, tokens)).count(1) >= _MOST * len(tokens):
        return re.sub(r"(?<=\S) (?=\S)", "", re.sub(r" {2,}", "  ", text))
    if _IN_SPACED.search(text) is None:
        return ""
    return "\n".join(_joined(match.group()) for match in _SPACED.finditer(text))


def _joined(piece: str) -> str:
    gap = re.escape(piece[1])
    return re.sub(rf"(?<=\w){gap}(?=\w)", "", re.sub(rf"{gap}{{2,}}", "  ", piece))


def _is_dressed(word: str) -> bool:
    return any(map(str.isalpha, word)) and _DRESS.search(word) is not None


def _undressed(match: re.Match[str]) -> str:
    word = match.group()
    return _as_letters(word) if any(map(str.isalpha, word)) else word


def _as_letters(text: str) -> str:
    return _DRESS.sub(lambda match: _AS_LETTERS[match.group()], text)


def _respelled(text: str, common: Mapping[str, str], respell: Callable[[str], str]) -> str:
    """Do as `_if_words` does; `common` are the common words by how they stand in a text that is to be respelt."""
    if not text.isascii():
        # Letters of other alphabets may become ASCII ones, or two letters, when they are written small.
        return _if_words(respell(text), text)
    words = _words(text)
    new = {common[word] for word in words & common.keys()}
    return respell(text) if len(new - words) >= _ENOUGH_WORDS else ""


def _if_words(candidate: str, text: str) -> str:
    """Return `candidate` if common words stand in it that do not stand in `text`; a reversed text rarely has any."""
    new = set(_WORD.findall(candidate.lower())) & _COMMON
    return candidate if len(new - _words(text)) >= _ENOUGH_WORDS else ""


@lru_cache(maxsize=4)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))
