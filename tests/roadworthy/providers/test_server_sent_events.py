"""server_sent_events: whatever pieces the bytes come in, the same events; and of a cut one nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.providers.server_sent_events import event_data


def read(*pieces: bytes) -> list[bytes]:
    """The data of the events in these pieces."""

    async def come() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def collect() -> list[bytes]:
        return [data async for data in event_data(come())]

    return asyncio.run(collect())


DATA = st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), min_size=1), min_size=1, max_size=4)


@given(DATA, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 200), max_size=6))
def test_pieces_change_nothing(texts: list[str], line_end: str, cuts: list[int]) -> None:
    """With each of the three line ends, cut anywhere, also in the middle of a letter or a line end."""
    stream = "".join(f": a comment{line_end}data: {text}{line_end}{line_end}" for text in texts).encode()
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(places)]
    assert read(*pieces) == [text.encode() for text in texts]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data:a\n\ndata:  b\n\n", [b"a", b" b"]),
        (b"event: ping\nid: 7\n\ndata: a\n\n", [b"a"]),
        (b"data: a\n\ndata: b\n", [b"a"]),
        (b"<html>Please log in</html>", []),
        (b"", []),
    ],
)
def test_events_are_read_as_the_standard_says(stream: bytes, events: list[bytes]) -> None:
    """Lines of data are joined, one space is taken off, other fields are no data, and what was cut off is left out."""
    assert read(stream) == events
