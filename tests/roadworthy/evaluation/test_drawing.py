"""The reliability diagram: the same bytes in any process, plain XML, nothing that runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from evaluation_samples import Population

from roadworthy.evaluation.calibration import Calibration, calibrate
from roadworthy.evaluation.drawing import draw_reliability
from roadworthy.evaluation.metrics import Scored

SAMPLE = Population().draw(seed=6, days=1, rows_a_day=500)
DRAW = """
import sys
from roadworthy.evaluation.calibration import Calibration
from roadworthy.evaluation.drawing import draw_reliability
sys.stdout.buffer.write(draw_reliability(Calibration.model_validate_json(sys.argv[1])))
"""


def sample_calibration() -> Calibration:
    """Return the fixed sample's curve."""
    return calibrate(Scored.of(SAMPLE.labels, SAMPLE.scores("first")))


def test_the_same_bytes_in_another_process_with_another_taste(tmp_path: Path) -> None:
    """Neither the hash seed, nor the time zone, nor the user's own matplotlibrc changes a byte."""
    calibration = Calibration.model_validate_json(sample_calibration().model_dump_json())
    here = draw_reliability(calibration)
    assert draw_reliability(calibration) == here
    (tmp_path / "matplotlibrc").write_text("font.size: 30\naxes.grid: True\nfont.family: monospace\n")
    taste = {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc"), "PYTHONHASHSEED": "42", "TZ": "Asia/Tokyo"}
    command = [sys.executable, "-c", DRAW, calibration.model_dump_json()]
    there = subprocess.run(command, env={**os.environ, **taste}, capture_output=True, check=True)
    assert there.stdout == here


def test_plain_xml_without_date_or_script() -> None:
    """A browser shows it and runs nothing; its text can be found; no day, no version of a tool."""
    content = draw_reliability(sample_calibration())
    root = ElementTree.fromstring(content)  # noqa: S314  (our own)
    names = {element.tag.rsplit("}")[-1] for element in root.iter()}
    assert root.tag.endswith("svg")
    assert "script" not in names
    assert "date" not in names
    assert b"Matplotlib v" not in content
    assert b"http://www.w3.org/2000/svg" in content
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert "predicted share" in texts
    assert "500 rows in 5 bins" in texts


def test_bins_in_which_all_rows_are_alike_can_be_drawn() -> None:
    """No positive row in a bin, or nothing else: intervals that begin at their point."""
    for labels in ([0] * 60, [1] * 60, [0] * 30 + [1] * 30):
        curve = calibrate(Scored.of(np.array(labels), np.linspace(0.1, 0.9, 60)))
        assert draw_reliability(curve).startswith(b"<?xml")


def test_drawing_leaves_no_trace() -> None:
    """Matplotlib's settings are as before, and no figure is kept."""
    import matplotlib as mpl

    before = mpl.rcParams["svg.fonttype"]
    draw_reliability(sample_calibration())
    assert mpl.rcParams["svg.fonttype"] == before
