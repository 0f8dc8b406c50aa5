"""Bodies: what readers may read differently, or what costs more than it is worth, is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.body import parse_json
from gateway.problems import Problem

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_json_is_read_as_json(value: Any) -> None:
    """Whatever is JSON, and not deeper than allowed, comes out as it went in."""
    assert parse_json(json.dumps(value).encode(), depth=64) == value


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": 1} x', "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"b": {"a": 1, "a": 1}}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": ' + b"9" * 5000 + b"}", "5,000 digits"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": 0.' + b"1" * 100 + b"}", "digits"),
        (b"[" * 33 + b"]" * 33, "deeper than 32"),
        (b"[" * 500_000, "nested"),
        (b'{"a":' * 50_000, "nested"),
    ],
)
def test_what_is_no_plain_json_is_refused(body: bytes, said: str) -> None:
    """Each fault is a 400 that says what it is; none crashes, whatever the size."""
    with pytest.raises(Problem) as caught:
        parse_json(body, depth=32)
    assert caught.value.status == 400
    assert said in caught.value.detail or "not JSON" in caught.value.detail


def test_a_name_that_occurs_twice_is_pointed_at() -> None:
    """Two readers may take different ones of two values: the name is told."""
    with pytest.raises(Problem) as caught:
        parse_json(b'{"user": "a", "user": "b"}', depth=32)
    assert [error.pointer for error in caught.value.errors] == ["/user"]


@pytest.mark.parametrize("depth", [1, 5, 32])
def test_depth_is_counted_exactly(depth: int) -> None:
    """As deep as allowed is allowed, one more is not."""
    parse_json(b"[" * depth + b"]" * depth, depth)
    with pytest.raises(Problem):
        parse_json(b"[" * (depth + 1) + b"]" * (depth + 1), depth)
