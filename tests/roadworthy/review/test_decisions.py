"""What reviewers decide is kept, however many of them decide at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.many_writers import Writers

from roadworthy.atomic import append_lines
from roadworthy.evaluation.adding import append_drafts, draft_of
from roadworthy.evaluation.draft_query import read_drafts
from roadworthy.review.decisions import Decision, append_decisions, read_decisions

WRITERS = Writers(processes=4, threads=4, each=10)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
WRITE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from roadworthy.evaluation.adding import append_drafts, draft_of
from roadworthy.review.decisions import Decision, append_decisions
folder, process, threads, each = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
def write(thread):
    for number in range(each):
        name = f"{process}-{thread}-{number}"
        decision = Decision(id=name, verdict="accepted", by="ann", at=datetime.now(UTC))
        append_decisions(folder / "desk.reviewed.jsonl", (decision,))
        append_drafts(folder / "desk.drafts.jsonl", (draft_of(f"What is {name}?"),))
with ThreadPoolExecutor(threads) as writers:
    list(writers.map(write, range(threads)))
"""


def test_reviewers_who_decide_at_once_lose_no_line(tmp_path: Path) -> None:
    """Sixteen of them, in four processes: every decision and every draft is there, once and whole."""
    WRITERS.write(WRITE, str(tmp_path))
    wanted = {f"{name}-{number}" for name in WRITERS.names for number in range(WRITERS.each)}
    ids = [one.id for one in read_decisions(tmp_path / "desk.reviewed.jsonl")]
    assert (len(ids), set(ids)) == (len(wanted), wanted)
    drafts = [one.query for one in read_drafts(tmp_path / "desk.drafts.jsonl")]
    assert (len(drafts), set(drafts)) == (len(wanted), {f"What is {name}?" for name in wanted})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["desk.drafts.jsonl", "desk.reviewed.jsonl"]


@pytest.mark.parametrize("before", ["", "\n"])
def test_a_last_line_without_an_end_stays_a_line_of_its_own(tmp_path: Path, before: str) -> None:
    """An editor may have left it so."""
    path = tmp_path / "desk.reviewed.jsonl"
    decision = Decision(id="a", verdict="rejected", by="ann", at=NOW)
    path.write_text(json.dumps(decision.model_dump(mode="json")) + before)
    append_decisions(path, (decision.model_copy(update={"id": "b"}),))
    assert [one.id for one in read_decisions(path)] == ["a", "b"]


def test_nobody_waits_for_a_writer_who_failed(tmp_path: Path) -> None:
    """What he held goes with him."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        append_lines(tmp_path / "folder", b"line\n")
    append_lines(tmp_path / "file", b"line\n")
    append_drafts(tmp_path / "drafts", (draft_of("How?"),))
