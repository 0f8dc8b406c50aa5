"""Cuts documents into passages: at headings first, then at paragraphs, lines, sentences and words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from roadworthy.retrieval.interface import Document, Passage

TITLE_SEPARATOR = " › "
"""Between a document's title and the headings under which a passage stands."""

_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_SENTENCE_END = re.compile(r"[.!?…]['\"”’)\]]*\s+")
_WORD_END = re.compile(r"\s+")


@dataclass(frozen=True)
class ChunkSize:
    """How large passages are, in characters."""

    longest: int
    overlap: int
    """So much of the passage before is said again, unless a heading starts anew; counts into `longest`."""


@dataclass(frozen=True)
class _Heading:
    start: int
    end: int
    level: int
    text: str


@dataclass(frozen=True)
class _Span:
    start: int
    end: int


class _Layout:
    """A document's text and the places where it may be cut, the best kind of place first."""

    def __init__(self, text: str) -> None:
        self.text = text
        lines = [_Span(*match.span()) for match in _LINE.finditer(text)]
        self.headings = list(_headings(text, lines))
        starts = {heading.start for heading in self.headings}
        ends = {heading.end for heading in self.headings}
        self.kinds: list[list[int]] = [
            sorted(starts),
            sorted(set(_paragraph_starts(text, lines, ends)) | starts),
            [line.start for line in lines],
            [match.end() for match in _SENTENCE_END.finditer(text)],
            [match.end() for match in _WORD_END.finditer(text)],
        ]

    def parts(self, span: _Span, kind: int) -> list[_Span]:
        """Cut `span` at every place of this kind."""
        places = self.kinds[kind]
        inner = places[bisect_right(places, span.start) : bisect_right(places, span.end - 1)]
        return [_Span(*pair) for pair in pairwise([span.start, *inner, span.end])]


def passages(document: Document, size: ChunkSize) -> list[Passage]:
    """Return the document's passages in order: together they hold every character of it.

    A passage's title is the document's, and the headings above it that it does not hold itself.
    """
    layout = _Layout(document.text)
    spans = _overlapping(layout, _packed(layout, size), size.overlap)
    return [
        Passage(document.id, _title(document, layout, span), document.text[span.start : span.end], span.start, span.end)
        for span in spans
    ]


def _packed(layout: _Layout, size: ChunkSize) -> list[_Span]:
    whole = _Span(0, len(layout.text))
    if whole.end <= size.longest:
        return [whole]
    return _pack(layout, whole, size.longest - size.overlap, 0)


def _pack(layout: _Layout, span: _Span, longest: int, kind: int) -> list[_Span]:
    """Cut `span` into the fewest pieces that the largest units allow; units that fit together stay together."""
    if span.end - span.start <= longest:
        return [span]
    if kind == len(layout.kinds):
        return [_Span(at, min(at + longest, span.end)) for at in range(span.start, span.end, longest)]
    pieces = (piece for part in layout.parts(span, kind) for piece in _pack(layout, part, longest, kind + 1))
    return _merged(pieces, lambda joined: joined.end - joined.start <= longest)


def _merged(spans: Iterable[_Span], fits: Callable[[_Span], bool]) -> list[_Span]:
    merged: list[_Span] = []
    for span in spans:
        joined = _Span(merged[-1].start, span.end) if merged else span
        if merged and fits(joined):
            merged[-1] = joined
        else:
            merged.append(span)
    return merged


def _overlapping(layout: _Layout, spans: list[_Span], overlap: int) -> Iterator[_Span]:
    anew = {heading.start for heading in layout.headings}
    yield from spans[:1]
    for before, span in pairwise(spans):
        # Later than the passage before, which would else be in this one as a whole.
        earliest = max(span.start - overlap, before.start + 1)
        yield span if span.start in anew else _Span(_first_place(layout, earliest, span.start), span.end)


def _first_place(layout: _Layout, earliest: int, latest: int) -> int:
    """Return the best place from `earliest` to `latest`: a line's start, else a sentence's, else a word's."""
    for places in layout.kinds[2:]:
        at = bisect_right(places, earliest - 1)
        if at < len(places) and places[at] < latest:
            return places[at]
    return latest


def _title(document: Document, layout: _Layout, span: _Span) -> str:
    above: list[_Heading] = []
    for heading in layout.headings:
        if heading.start > span.start:
            break
        above = [other for other in above if other.level < heading.level]
        # The passage holds a heading that it begins with.
        above += [heading] if heading.start < span.start else []
    names = [heading.text for heading in above if heading.text != document.title]
    return TITLE_SEPARATOR.join([document.title, *names])


def _headings(text: str, lines: list[_Span]) -> Iterator[_Heading]:
    """Yield the headings that are written with #, outside of code blocks (CommonMark 4.2, 4.5)."""
    fence = ""
    for line in lines:
        content = text[line.start : line.end].rstrip("\r\n")
        mark = _FENCE.match(content)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = ""
        elif mark:
            fence = mark[1]
        elif heading := _HEADING.match(content):
            yield _Heading(line.start, line.end, len(heading[1]), heading[2])


def _paragraph_starts(text: str, lines: list[_Span], heading_ends: set[int]) -> Iterator[int]:
    """Yield where a text begins after a blank line; what a heading stands over stays with it."""
    blank, under_heading = True, False
    for line in lines:
        if not text[line.start : line.end].strip():
            blank = True
            continue
        if blank and not under_heading:
            yield line.start
        blank, under_heading = False, line.end in heading_ends
