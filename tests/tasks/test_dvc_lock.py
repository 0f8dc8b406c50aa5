"""dvc.lock as we write it: the bytes that DVC would write, and nobody else's entries lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dvc.utils.serialize import dumps_yaml, parse_yaml_for_update
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.dvc_lock import DvcLock

WORDS = st.text("abc 0:-#'é", max_size=200)
ENTRIES = st.dictionaries(
    st.sampled_from(["train-flights", "prepare-flights", "train-bank"]),
    st.fixed_dictionaries(
        {"cmd": WORDS, "deps": st.lists(st.fixed_dictionaries({"path": WORDS, "size": st.integers(0)}), max_size=3)}
    ),
    min_size=1,
)


@given(first=ENTRIES, second=ENTRIES)
@settings(max_examples=25, deadline=None)
def test_the_bytes_are_those_that_dvc_writes(
    tmp_path_factory: Any, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """Two entries written one after the other give what DVC's own round trip through the file gives."""
    path = tmp_path_factory.mktemp("lock") / "dvc.lock"
    ours = DvcLock(path)
    expected = ""
    for entries in (first, second):
        ours.record(entries)
        expected = _as_dvc_does(expected, entries)
        assert path.read_text(encoding="utf-8") == expected
    assert DvcLock(path).contents() == ours.contents()


def test_what_somebody_else_wrote_is_kept(tmp_path: Path) -> None:
    """An entry that `dvc repro` wrote meanwhile is seen, and is still there after the next entry of ours."""
    path = tmp_path / "dvc.lock"
    ours = DvcLock(path)
    assert ours.contents() == {}
    ours.record({"train": {"cmd": "train"}})
    path.write_text(_as_dvc_does(path.read_text(), {"other": {"cmd": "other"}}))
    assert ours.contents()["stages"]["other"] == {"cmd": "other"}
    ours.record({"train": {"cmd": "again"}})
    assert DvcLock(path).contents()["stages"] == {"train": {"cmd": "again"}, "other": {"cmd": "other"}}


def _as_dvc_does(text: str, entries: dict[str, Any]) -> str:
    recorded = parse_yaml_for_update(text, "dvc.lock")
    recorded.setdefault("schema", "2.0")
    recorded.setdefault("stages", {}).update(entries)
    return str(dumps_yaml(recorded))
