"""The guard that takes invisible and misleading characters out of a text, and leaves honest text alone."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from roadworthy.guardrails.interface import Context, Place, Scan, Settled, Verdict
from roadworthy.guardrails.lookalikes import folded, unmixed
from roadworthy.guardrails.size import EVERYWHERE

_FLAG = (
    "\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f"
)
"""The flags of England, Scotland and Wales: the only honest use of tag characters that Unicode recommends."""
_JOINS = "\u0600-\u08ff\u0900-\u0dff\u0e00-\u109f\u1780-\u17ff"
"""Arabic to Khmer: scripts in which joiners shape letters."""
_PICTURE = "\u00a9\u00ae\u2000-\u3299\U0001f000-\U0001faff"
_HIDDEN = re.compile(
    rf"(?P<honest>{_FLAG}"
    rf"|(?<=[{_JOINS}])[\u200c\u200d](?=[{_JOINS}])"
    rf"|(?<=[{_PICTURE}\ufe0f])\u200d(?=[{_PICTURE}])"
    rf"|(?<=[{_PICTURE}])[\ufe0e\ufe0f]|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    r"|(?<=[\u3400-\u9fff\U00020000-\U0003134f])[\ufe00-\ufe02\U000e0100-\U000e01ef])"
    r"|(?P<tag>[\U000e0000-\U000e007f])"
    r"|(?P<override>[\u202d\u202e])"
    r"|(?P<direction>[\u200e\u200f\u061c\u202a-\u202c\u2066-\u2069])"
    r"|(?P<selector>[\ufe00-\ufe0f\U000e0100-\U000e01ef])"
    r"|(?P<invisible>[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a])"
    r"|(?P<control>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff])"
    r"|(?P<marks>(?<=[\u0300-\u036f]{4})[\u0300-\u036f]+)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPECIAL = re.compile(
    r"[^\t\n\r\x20-\x7e\u00a0-\u00ac\u00ae-\u017f\u0391-\u03a1\u03a3-\u03c9\u0400-\u045f\u2010-\u2027\u2030\u20ac\u2122]"
)
"""What may change what stands around it, or be changed: marks, joiners, directions, and scripts not looked through."""
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001eeff]")
_DRESSED = re.compile(
    r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u24b6-\u24e9\u249c-\u24b5\U0001d400-\U0001d7ff\U0001f110-\U0001f169]"
)
"""Letters and digits in fancy dress: full-width, circled, mathematical."""
_ROUNDS = 8


class UnicodeGuard:
    """Removes what people don't see, and writes look-alike and fancy letters as plain ones."""

    name = "unicode"
    places = EVERYWHERE

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Clean `text`; changed when anything was removed or rewritten. Never blocks."""
        cleaned, counts = cleaned_text(text)
        if cleaned == text:
            return Scan(Verdict.ALLOWED, text)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        return Scan(Verdict.CHANGED, cleaned, f"cleaned characters: {told or 'composed'}")

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Let whole words through up to the first that holds a special character or is rewritten."""
        special = _SPECIAL.search(text, since)
        cleaned, _ = cleaned_text(text)
        end = min(special.start() if special else len(text), common_beginning(text, cleaned))
        settled = word_start(text, end)
        return Settled(settled, settled)


def cleaned_text(text: str) -> tuple[str, Counter[str]]:
    """Return the cleaned text, and how many characters of which kind were cleaned; cleaning it again changes nothing.

    Canonical composition (NFC) for all; compatibility forms (NFKC) only for letters and digits in fancy dress: NFKC
    of the whole would write m² as m2 and a Chinese comma as an English one.
    """
    counts: Counter[str] = Counter()
    if text.isascii() and not _CONTROL.search(text):
        return text, counts
    for _ in range(_ROUNDS):
        before = text
        text = _round(text, counts)
        if text == before:
            break
    return text, +counts


def plain(text: str) -> str:
    """Return what a detector reads: cleaned, wholly NFKC, every lookalike as the Latin letter."""
    if text.isascii() and text.isprintable():
        return text
    return folded(unicodedata.normalize("NFKC", cleaned_text(text)[0]))


def _round(text: str, counts: Counter[str]) -> str:
    keeps_direction = _RIGHT_TO_LEFT.search(text) is not None

    def without(match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        if kind == "honest" or (kind == "direction" and keeps_direction):
            return match.group()
        counts[kind] += len(match.group())
        return ""

    text = _HIDDEN.sub(without, text)
    if text.isascii():
        return text
    dressed = _DRESSED.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    counts["fancy letters"] += len(_DRESSED.findall(text))
    composed = unicodedata.normalize("NFC", dressed)
    unmixed_text = unmixed(composed)
    counts["lookalikes"] += sum(a != b for a, b in zip(composed, unmixed_text, strict=True))
    return unmixed_text


def common_beginning(one: str, other: str) -> int:
    """Return how many characters two texts share from their start on."""
    if other.startswith(one):
        return len(one)
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def word_start(text: str, position: int) -> int:
    """Return the start of the word that `position` stands in or ends; the position itself after a space."""
    while position and not text[position - 1].isspace():
        position -= 1
    return position


def settled_by_plain(text: str, unfinished: int) -> int:
    """Return how much of `text` stands before position `unfinished` of its plain form; whole words if they differ."""
    cleaned = plain(text)
    if cleaned == text:
        return unfinished
    position = word_start(text, len(text))
    while position:
        before = plain(text[:position])
        if len(before) <= unfinished and cleaned.startswith(before):
            return position
        position = word_start(text, position - 1)
    return 0
