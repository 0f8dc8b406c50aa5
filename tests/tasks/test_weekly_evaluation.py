"""What is in production is evaluated again each week; a week in which it can't be is never green."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.small_project import SmallProject

from roadworthy.errors import RoadworthyError
from roadworthy.release.entries import Actor, EvidenceRecorded, Moved, Stage
from roadworthy.release.ledger import Ledger
from roadworthy.settings import Settings
from roadworthy.store import LocalStore
from tasks.weekly_evaluation import EVIDENCE, evaluate_production

LEAD = Actor(name="lead")


@pytest.fixture
def live(copied_project: SmallProject) -> Ledger:
    """The ledger of a project whose only release is in production."""
    ledger = Ledger(LocalStore(copied_project.root / ".roadworthy" / "store"), "churn")
    for stage in (Stage.STAGING, Stage.PRODUCTION):
        ledger.record(lambda entries, stage=stage: Moved(release=1, stage=stage), by=LEAD)
    return ledger


def test_the_same_model_shows_the_same_again(live: Ledger, copied_project: SmallProject) -> None:
    """The evidence passes, and holds each figure with its interval."""
    entry = evaluate_production(live, Settings(root=copied_project.root), print)
    assert entry and isinstance(entry.fact, EvidenceRecorded)
    assert (entry.fact.name, entry.fact.verdict, entry.fact.release) == (EVIDENCE, "pass", 1)
    low, auc, high = (entry.fact.facts[name] for name in ("auc.low", "auc", "auc.high"))
    assert 0.6 < float(low or 0) <= float(auc or 0) <= float(high or 0) < 1
    assert live.entries()[-1] == entry


def test_what_can_not_be_evaluated_is_an_error_and_no_pass(live: Ledger, copied_project: SmallProject) -> None:
    """Rows that are gone end in an error, and in evidence that says why nobody knows."""
    store = live.store
    assert isinstance(store, LocalStore)
    rows = max((path for path in Path(store.folder, "blobs").rglob("*") if _is_rows(path)), key=lambda path: path.name)
    rows.unlink()
    with pytest.raises(RoadworthyError):
        evaluate_production(live, Settings(root=copied_project.root), print)
    last = live.entries()[-1].fact
    assert isinstance(last, EvidenceRecorded)
    assert (last.name, last.verdict) == (EVIDENCE, "inconclusive")
    assert last.summary.startswith("not evaluated: ")


def test_nothing_in_production_is_nothing_to_evaluate(tmp_path: Path) -> None:
    """A capability without a production release gets no evidence."""
    ledger = Ledger(LocalStore(tmp_path), "churn")
    assert evaluate_production(ledger, Settings(root=tmp_path), print) is None
    assert ledger.entries() == ()


def _is_rows(path: Path) -> bool:
    """Tell whether the blob is the evaluation rows: Parquet with the label beside the features."""
    import pyarrow.parquet

    if not path.is_file() or path.read_bytes()[:4] != b"PAR1":
        return False
    columns = set(pyarrow.parquet.read_schema(path).names)
    return {"tenure", "plan"} <= columns and len(columns) > 2
