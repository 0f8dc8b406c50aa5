"""What is promised of a capability: as params.yaml states it, else what is usual."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from roadworthy.errors import ParamsError
from roadworthy.service_levels.objectives import CostObjective, LatencyObjective, SuccessObjective
from tasks.promises import USUAL, longest_window, promised_in, promises_of

REPOSITORY = Path(__file__).parents[2]
STATED = """
objectives:
  flight-delay:
    - {kind: success, target: 0.999, window_days: 90}
    - {kind: latency, target: 0.9, seconds: 0.05}
    - {kind: cost, amount: 5, currency: USD}
"""


def test_what_is_stated_takes_the_place_of_what_is_usual(tmp_path: Path) -> None:
    """All of it, for that capability alone; the longest window says how far back to look."""
    promised = promised_in(with_params(tmp_path, STATED))
    assert promises_of("flight-delay", "prediction", promised) == (
        SuccessObjective(target=0.999, window_days=90),
        LatencyObjective(target=0.9, seconds=0.05),
        CostObjective(amount=5, currency="USD"),
    )
    assert promises_of("bank-helpdesk", "answer", promised) == USUAL["answer"]
    assert longest_window(promised) == timedelta(days=90)
    assert longest_window({}) == timedelta(days=30)


def test_a_promise_for_nobody_is_refused(tmp_path: Path) -> None:
    """A name that is no capability's is a mistake, and is named."""
    with pytest.raises(ParamsError, match="objectives names flight-dely"):
        promised_in(with_params(tmp_path, STATED.replace("flight-delay", "flight-dely")))


def test_a_promise_of_everything_is_refused(tmp_path: Path) -> None:
    """A target of 1 leaves no budget to burn: the field is named."""
    with pytest.raises(ParamsError, match=r"objectives\.flight-delay"):
        promised_in(with_params(tmp_path, STATED.replace("0.999", "1")))


def test_without_a_file_nothing_is_stated(tmp_path: Path) -> None:
    """Where there is only a store, what is usual holds."""
    assert promised_in(tmp_path) == {}


def with_params(folder: Path, more: str) -> Path:
    """Write the repository's own params.yaml and these lines to `folder`; return it."""
    (folder / "params.yaml").write_text((REPOSITORY / "params.yaml").read_text() + more)
    return folder
