"""What is kept of the contents of a request, and how secrets and identifiers are taken out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any

import orjson

from roadworthy.guardrails.redaction import redact
from roadworthy.telemetry.event import Content

LEFT_OUT = "[left out]"
"""Stands for rows out of which a secret can't be taken safely."""


class ContentPolicy(StrEnum):
    """What is kept of the contents."""

    NONE = "none"
    REDACTED = "redacted"
    """Texts and rows, without secrets and structured identifiers."""


def redacted(content: Content) -> Content:
    """Return `content` with typed placeholders for secrets and identifiers, as the guards find them; takes 1 ms/kB."""
    return replace(
        content,
        question=redact(content.question).text,
        answer=redact(content.answer).text,
        comment=redact(content.comment).text,
        rows=_redacted_rows(content.rows),
    )


def longest_text(content: Content) -> int:
    """Return the length of the longest text, in characters."""
    return max(map(len, (content.question, content.answer, content.comment, content.rows)))


def _redacted_rows(text: str) -> str:
    """Redact the values of a JSON list of records, which stays one; what is no JSON is redacted as a text."""
    if not text:
        return ""
    try:
        rows = orjson.loads(text)
    except orjson.JSONDecodeError:
        return redact(text).text
    if not redact(_joined(rows)).counts:
        return text
    clean = _clean(rows, "")
    # What stands across two fields can't be taken out of either.
    return f'["{LEFT_OUT}"]' if redact(_joined(clean)).counts else orjson.dumps(clean).decode()


def _joined(rows: Any) -> str:
    """One leaf a line: escapes of JSON would hide what is in a text."""
    return "\n".join(f"{name}: {leaf}" for name, leaf in _leaves(rows, ""))


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, name)
    else:
        yield name, value


def _clean(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _clean(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_clean(one, name) for one in value]
    # The name tells what a value is: `password: hunter2`.
    start = f"{name}: "
    clean = redact(f"{start}{value}")
    if not clean.counts:
        return value
    return clean.text.removeprefix(start) if clean.text.startswith(start) else LEFT_OUT
