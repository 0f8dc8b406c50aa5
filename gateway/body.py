"""Reads a request's body: no longer, deeper or slower than allowed, and JSON that every reader reads alike."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from gateway.pointers import pointer
from gateway.problems import CLIENT_GONE, FieldProblem, Problem, invalid

_LONGEST_NUMBER = 40
"""Digits: Python takes time that grows with their square."""
MOST_NAMES = 10_000
"""In all objects of one body, and twice as many values, as its commas tell: more would keep everybody else waiting."""
_SHAPE = bytes.maketrans(b"123456789E", b"000000000e")
_ODD_NUMBERS = (b"0" * (_LONGEST_NUMBER + 1), b"0e000", b"0e+000")
"""What numbers that are too long or too large look like by their shape; a text may look so, too."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class BodyLimits:
    """What a body may be."""

    bytes: int = 2**20
    depth: int = 32
    seconds: float = 10.0
    """For the whole body to arrive."""
    bytes_at_once: int = 2**25
    """Of all bodies that are arriving: many slow clients must not fill the memory together."""
    arriving: list[int] = field(default_factory=lambda: [0])
    """How many bytes have arrived of those."""


async def read_json(request: Request, limits: BodyLimits, names: int = MOST_NAMES) -> Any:
    """Return the body's JSON value, with `names` in its objects at most. Raises `Problem` that says what is wrong."""
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        raise Problem(
            "unsupported-media-type", 415, "the body has to be JSON", _at("<content-type>", "application/json")
        )
    return parse_json(await _read(request, limits), limits.depth, names)


def parse_json(body: bytes, depth: int, names: int = MOST_NAMES) -> Any:
    """Return the JSON value in `body`.

    Stricter than RFC 8259 where readers differ: no duplicate names, no NaN or infinity, no endless numbers, UTF-8, and
    no deeper than `depth`. Raises `Problem`.
    """
    if body.count(b",") > 2 * names:
        raise Problem("body-too-large", 413, f"the body has more than {2 * names:,} values")
    # Looking at each number takes time; nearly always there is nothing to look for.
    shape = body.translate(_SHAPE)
    odd = any(number in shape for number in _ODD_NUMBERS)
    numbers: dict[str, Any] = {"parse_int": _integer, "parse_float": _float} if odd else {}
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_Objects(names), parse_constant=_no_constant, **numbers
        )
        if _SURROGATE.search(body):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        # Not UTF-8 by its bytes, or by escapes that are half a character.
        raise invalid("the body is not UTF-8") from None
    except RecursionError:
        raise _too_deep(depth) from None
    except json.JSONDecodeError as error:
        raise invalid(f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    _check_depth(value, depth)
    return value


async def _read(request: Request, limits: BodyLimits) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limits.bytes:
        raise _too_long(limits)
    pieces, length = [], 0
    try:
        async with asyncio.timeout(limits.seconds):
            async for piece in request.stream():
                length += len(piece)
                limits.arriving[0] += len(piece)
                if length > limits.bytes:
                    raise _too_long(limits)
                if limits.arriving[0] > limits.bytes_at_once:
                    raise Problem("overloaded", 503, "too many bodies arrive at the same time", retry_after=1)
                pieces.append(piece)
    except TimeoutError:
        closing = {"Connection": "close"}
        raise Problem(
            "body-too-slow", 408, f"the body took longer than {limits.seconds:g} s", headers=closing
        ) from None
    except ClientDisconnect:
        raise Problem("client-gone", CLIENT_GONE, "the client went away") from None
    finally:
        limits.arriving[0] -= length
    return b"".join(pieces)


@dataclass
class _Objects:
    """Makes the objects of one body."""

    names_left: int

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return an object of these names and values."""
        self.names_left -= len(pairs)
        if self.names_left < 0:
            raise Problem("body-too-large", 413, "the body has too many names")
        found = dict(pairs)
        if len(found) != len(pairs):
            name = Counter(name for name, _ in pairs).most_common(1)[0][0]
            raise invalid("the body has a name twice in one object", FieldProblem(pointer(name), "occurs twice"))
        return found


def _no_constant(name: str) -> NoReturn:
    raise invalid(f"the body is not JSON: {name} is no JSON number")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise invalid(f"the body has a number of {len(digits):,} digits; {_LONGEST_NUMBER} are allowed")
    return int(digits)


def _float(digits: str) -> float:
    if len(digits) > _LONGEST_NUMBER:
        raise invalid(f"the body has a number of {len(digits):,} digits; {_LONGEST_NUMBER} are allowed")
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise invalid("the body has a number that is too large")
    return number


def _check_depth(value: Any, depth: int) -> None:
    level: list[Any] = [value]
    for _ in range(depth):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise _too_deep(depth)


def _inside(value: Any) -> Iterable[Any]:
    """Return the containers in a container."""
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [inner for inner in values if isinstance(inner, dict | list)]


def _too_deep(depth: int) -> Problem:
    return invalid(f"the body is nested deeper than {depth} levels")


def _too_long(limits: BodyLimits) -> Problem:
    # The connection stays open: a client that still sends would otherwise be cut off before it reads this.
    return Problem("body-too-large", 413, f"the body is longer than {limits.bytes:,} bytes")


def _at(pointer: str, detail: str) -> tuple[FieldProblem, ...]:
    return (FieldProblem(pointer, detail),)
