"""The report of the simulations says what their results say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.simulate import REPORT, RESULTS, SIMULATIONS, write_report


def test_the_report_is_that_of_the_results_that_are_kept(tmp_path: Path) -> None:
    """Stale figures in a document are worse than none: `python -m benchmarks.simulate --report` writes it anew."""
    write_report(RESULTS, tmp_path / "report.md")
    assert (tmp_path / "report.md").read_bytes() == REPORT.read_bytes()


def _raised(figures: Any) -> Any:
    if isinstance(figures, dict):
        return {name: _raised(one) for name, one in figures.items()}
    return figures + 1 if isinstance(figures, int | float) else figures


def test_figures_of_all_simulations_stand_in_the_report(tmp_path: Path) -> None:
    """A figure that changes changes the report, whichever simulation it is of."""
    write_report(RESULTS, tmp_path / "before.md")
    for one in SIMULATIONS:
        for other in SIMULATIONS:
            content = json.loads((RESULTS / f"{other.name}.json").read_bytes())
            (tmp_path / f"{other.name}.json").write_text(json.dumps(_raised(content) if other == one else content))
        write_report(tmp_path, tmp_path / "after.md")
        assert (tmp_path / "after.md").read_bytes() != (tmp_path / "before.md").read_bytes()
