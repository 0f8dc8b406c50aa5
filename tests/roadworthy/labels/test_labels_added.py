"""Labels that are added: each row has a verdict, what can be joined is kept once, and corrections count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from fakes.memory_store import MemoryStore
from fakes.scored_requests import labels_file, predicted, seal

from roadworthy.errors import DataError, IntegrityError
from roadworthy.labels.adding import LabelDesk
from roadworthy.labels.reading import OutcomeColumns
from roadworthy.labels.segments import read_labels
from roadworthy.labels.verdicts import LabelVerdict as Is
from roadworthy.telemetry.lines import event_line
from roadworthy.telemetry.request_ids import RequestIds

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
NAME = "flight-delay"


@dataclass
class Case:
    """One request of three rows on 10 March, one of another capability, and a desk on the 12th."""

    folder: Path
    store: MemoryStore
    request: str
    other: str
    desk: LabelDesk

    def add(self, *rows: tuple[object, ...], at: datetime | None = None) -> dict[Is, int]:
        """Add these rows of request, row, label, event time; return the verdicts."""
        desk = replace(self.desk, clock=lambda: at) if at else self.desk
        return desk.add(NAME, labels_file(self.folder / "outcomes.csv", rows)).counts

    def kept(self) -> list[tuple[int, int]]:
        """Return row and label of what counts."""
        table = read_labels(self.store, NAME, [NOON.date()]).table
        return list(zip(table["row"].to_pylist(), table["label"].to_pylist(), strict=True))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A fresh store."""
    store = MemoryStore()
    ours, other = predicted(NOON, [0.1, 0.5, 0.9]), predicted(NOON, [0.2], capability="other")
    seal(tmp_path / "open", store, [ours, other])
    return Case(tmp_path, store, ours.id, other.id, LabelDesk(store, clock=lambda: NOON + timedelta(days=2)))


def test_labels_are_kept_and_the_same_file_adds_nothing(case: Case) -> None:
    """Words and numbers mean the same; run again, every row is known, and no byte is written."""
    rows = [(case.request, 0, "0"), (case.request, 1, "TRUE"), (case.request, 2, "1.0")]
    assert case.add(*rows) == {Is.ADDED: 3}
    assert case.kept() == [(0, 0), (1, 1), (2, 1)]
    before = case.store.keys("telemetry/labels/")
    assert case.add(*rows) == {Is.KNOWN: 3}
    assert case.store.keys("telemetry/labels/") == before


@pytest.mark.parametrize("hours", [1, -1])
def test_a_correction_counts_and_both_are_recorded(case: Case, hours: int) -> None:
    """The later one wins, also where the clock went back meanwhile."""
    case.add((case.request, 0, 0), (case.request, 1, 1))
    assert case.add((case.request, 0, 1), at=NOON + timedelta(days=2, hours=hours)) == {Is.CORRECTED: 1}
    assert case.kept() == [(0, 1), (1, 1)]
    assert read_labels(case.store, NAME, [NOON.date()]).corrected == 1


def test_late_labels_are_kept(case: Case) -> None:
    """Eight days after a request without an event time of its own."""
    assert case.add((case.request, 0, 1), at=NOON + timedelta(days=8)) == {Is.LATE: 1}
    event = NOON + timedelta(days=5)
    assert case.add((case.request, 1, 1, event.isoformat()), at=NOON + timedelta(days=8)) == {Is.ADDED: 1}
    assert case.kept() == [(0, 1), (1, 1)]


BAD: dict[str, tuple[Callable[[Case], tuple[object, ...]], Is, str]] = {
    "a guessed id": (lambda case: ("abc", 0, 1), Is.UNKNOWN_REQUEST, "request"),
    "an id of another time": (
        lambda case: (RequestIds(b"x" * 32, lambda: 1e9).new(), 0, 1),
        Is.UNKNOWN_REQUEST,
        "request",
    ),
    "an id of the far future": (lambda case: ("v" * 32, 0, 1), Is.UNKNOWN_REQUEST, "request"),
    "no id": (lambda case: ("", 0, 1), Is.UNKNOWN_REQUEST, "request"),
    "another capability's": (lambda case: (case.other, 0, 1), Is.UNKNOWN_REQUEST, "request"),
    "a row too many": (lambda case: (case.request, 3, 1), Is.UNKNOWN_ROW, "row"),
    "a row before the first": (lambda case: (case.request, -1, 1), Is.WRONG_ROW, "row"),
    "half a row": (lambda case: (case.request, 0.5, 1), Is.WRONG_ROW, "row"),
    "a word": (lambda case: (case.request, 0, "late"), Is.WRONG_VALUE, "label"),
    "a number": (lambda case: (case.request, 0, 2), Is.WRONG_VALUE, "label"),
    "NaN": (lambda case: (case.request, 0, "nan"), Is.WRONG_VALUE, "label"),
    "no time": (lambda case: (case.request, 0, 1, "noon"), Is.WRONG_TIME, "event_time"),
    "not yet": (lambda case: (case.request, 0, 1, "2026-03-13"), Is.WRONG_TIME, "event_time"),
    "long before": (lambda case: (case.request, 0, 1, "2026-03-01"), Is.WRONG_TIME, "event_time"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_can_not_be_used_has_a_name_a_place_and_a_remedy(case: Case, name: str) -> None:
    """It is not kept, and the good row beside it is."""
    row, verdict, field = BAD[name]
    path = labels_file(case.folder / "outcomes.csv", [(case.request, 2, 1), row(case)])
    found = case.desk.add(NAME, path)
    assert found.counts == {Is.ADDED: 1, verdict: 1}
    (refusal,) = found.refusals
    assert refusal.where == f"{path}: row 2: {field}"
    assert refusal.remedy
    assert case.kept() == [(2, 1)]


def test_a_file_that_contradicts_itself_decides_nothing(case: Case) -> None:
    """Both rows are refused; what is said twice alike counts once; a row without a label waits."""
    rows = [(case.request, 0, 0), (case.request, 0, 1), (case.request, 1, 1), (case.request, 1, "true")]
    found = case.add(*rows, (case.request, 2, ""))
    assert found == {Is.ADDED: 1, Is.REPEATED: 1, Is.NO_LABEL: 1, Is.CONTRADICTORY: 2}
    assert case.kept() == [(1, 1)]


def test_parquet_says_what_csv_says(case: Case) -> None:
    """Typed columns, named otherwise; without a row number the first row is meant."""
    path = case.folder / "outcomes.parquet"
    moment = pyarrow.array([NOON + timedelta(hours=3)], pyarrow.timestamp("ms", "America/New_York"))
    columns = {"id": [case.request], "late": [True], "landed": moment}
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    found = case.desk.add(NAME, path, OutcomeColumns(request="id", label="late", event_time="landed"))
    assert found.counts == {Is.ADDED: 1}
    table = read_labels(case.store, NAME, [NOON.date()]).table
    assert table["event"].to_pylist() == [NOON + timedelta(hours=3)]
    assert case.kept() == [(0, 1)]


def test_a_key_names_a_row_and_its_first_prediction(case: Case) -> None:
    """A key that was predicted again, and one that never was."""
    again = predicted(NOON + timedelta(hours=1), [0.3], ["h-b"])
    seal(case.folder / "open", case.store, [predicted(NOON, [0.1, 0.2], ["h-a", "h-b"]), again])
    desk = replace(case.desk, digest_of=lambda capability, key: f"h-{key}")
    path = labels_file(case.folder / "keys.csv", [("b", 1), ("c", 1)], "flight label")
    found = desk.add(NAME, path, OutcomeColumns(key="flight"))
    assert found.counts == {Is.ADDED: 1, Is.UNKNOWN_REQUEST: 1}
    assert found.refusals[0].where == f"{path}: row 2: flight"
    assert case.kept() == [(1, 1)]


def test_scores_that_are_not_sealed_yet_are_found(tmp_path: Path) -> None:
    """A prediction of a moment ago can be labelled."""
    store, request = MemoryStore(), predicted(NOON, [0.5])
    seal(tmp_path / "open", MemoryStore(), [request])
    (tmp_path / "open" / "fresh.jsonl").write_bytes(event_line(request))
    desk = LabelDesk(store, tmp_path / "open", clock=lambda: NOON + timedelta(hours=1))
    assert desk.add(NAME, labels_file(tmp_path / "now.csv", [(request.id, 0, 1)])).counts == {Is.ADDED: 1}


def test_files_that_are_none_are_refused_whole(case: Case) -> None:
    """Each with its place; nothing is kept."""
    (case.folder / "none.csv").write_text("a,b\n1,2\n")
    (case.folder / "torn.parquet").write_bytes(b"PAR1 and no more")
    (case.folder / "labels.xlsx").write_bytes(b"PK")
    pyarrow.parquet.write_table(pyarrow.table({"request": [["a"]], "label": [1]}), case.folder / "lists.parquet")
    for name in ("none.csv", "torn.parquet", "labels.xlsx", "lists.parquet", "not-there.csv"):
        with pytest.raises(DataError) as refused:
            case.desk.add(NAME, case.folder / name)
        assert name in str(refused.value.where)
        assert refused.value.remedy
    assert case.kept() == []


def test_a_damaged_segment_is_named(case: Case) -> None:
    """Half a file in the store is no label."""
    case.store.create(f"telemetry/labels/date=2026-03-10/{NAME}.torn.parquet", b"PAR1")
    with pytest.raises(IntegrityError, match="segment of labels is damaged"):
        case.add((case.request, 0, 1))
