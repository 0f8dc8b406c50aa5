"""Raw contents never touch the disk: nothing by default, and redacted when the policy keeps them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.any_events import NOON, a_content, an_event
from fakes.memory_store import MemoryStore
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.telemetry.content_policy import LEFT_OUT, ContentPolicy, redacted
from roadworthy.telemetry.opening import OPEN, open_recorder
from roadworthy.telemetry.reading import Window, read_contents
from roadworthy.telemetry.recorder import SegmentRecorder

SENSITIVE = {
    "e-mail": "ann.miller@example.com",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "github": "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8",
    "iban": "DE89370400440532013000",
    "card": "4111111111111111",
    "phone": "+49 30 901820",
    "ssn": "536-90-4399",
}
TEXTS = ("question", "answer", "comment")


def _bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("sensitive", SENSITIVE.values(), ids=SENSITIVE)
@pytest.mark.parametrize("policy", ContentPolicy)
def test_no_byte_on_the_disk_holds_a_secret_or_an_identifier(
    tmp_path: Path, sensitive: str, policy: ContentPolicy
) -> None:
    """Wherever it stands in a content; the name of a field tells what its value is, and is kept."""
    said = f"Hello, it is {sensitive}, thanks."
    rows = json.dumps([{"note": said, "nested": {"value": [sensitive]}, "distance": 2475}])
    recorder = SegmentRecorder(tmp_path, policy)
    recorder.record(an_event(), a_content(question=said, answer=said, comment=said, rows=rows))
    recorder.close()
    found = _bytes_below(tmp_path)
    assert b'"id":"r1"' in found
    assert sensitive.encode() not in found
    assert (b"Hello, it is " in found) is (policy is ContentPolicy.REDACTED)


def test_what_is_sealed_is_redacted_too(tmp_path: Path) -> None:
    """In the store stands what stood in the segment; with its placeholders, which say what was there."""
    store = MemoryStore()
    recorder = open_recorder(tmp_path, store, ContentPolicy.REDACTED)
    recorder.record(an_event(), a_content(question=f"I am {SENSITIVE['e-mail']}"))
    recorder.close()
    assert list((tmp_path / OPEN).iterdir()) == []
    contents = read_contents(store, Window(NOON, NOON.replace(hour=13)))
    assert contents["question"].to_pylist() == ["I am [personal: email]"]


def test_rows_stay_a_list_of_records() -> None:
    """Only what is sensitive is changed, numbers stay numbers, and a field's name speaks for its value."""
    rows = [{"origin": "JFK", "distance": 2475, "mail": "ann@example.com"}, {"password": "hunter2hunter", "late": True}]
    assert json.loads(redacted(a_content(rows=json.dumps(rows))).rows) == [
        {"origin": "JFK", "distance": 2475, "mail": "[personal: email]"},
        {"password": "[secret: password]", "late": True},
    ]
    harmless = '[{"origin": "JFK", "distance": 2475}]'
    assert redacted(a_content(rows=harmless)).rows == harmless


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(), lambda one: st.lists(one)))
@settings(max_examples=40, deadline=None)
def test_rows_of_any_shape_stay_json(value: object) -> None:
    """A secret beside whatever else is taken out, and what is left is JSON; what is no JSON is redacted as a text."""
    key = SENSITIVE["aws"]
    clean = redacted(a_content(rows=json.dumps([{"any": value, "key": key}]))).rows
    assert key not in clean
    assert json.loads(clean)[0] == LEFT_OUT or json.loads(clean)[0]["key"] == "[secret: aws-key]"
    assert redacted(a_content(rows=f"[{key}")).rows == "[[secret: aws-key]"


@given(st.text(), st.sampled_from(sorted(SENSITIVE)))
@settings(max_examples=40, deadline=None)
def test_redacting_again_changes_nothing(text: str, sensitive: str) -> None:
    """What is kept holds nothing more that the guards would find."""
    once = redacted(a_content(question=f"{text} {SENSITIVE[sensitive]}", rows=json.dumps([{"a": text}])))
    assert redacted(once) == once
