"""The fixed rows: a model that predicts otherwise is refused, one that only rounds otherwise is not."""

from __future__ import annotations

from pathlib import Path

import numpy
import pandas
import pytest
from modelling_samples import fitted, flights

from roadworthy.canonical import readable_json
from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError
from roadworthy.modelling.model_file import load_model, save_model
from roadworthy.modelling.probe import check_probe, make_probe, probe_digest, read_probe


class Fixed:
    """A model that predicts what it is told to."""

    def __init__(self, probabilities: list[list[float]]) -> None:
        self.probabilities = probabilities

    def predict_proba(self, rows: object) -> numpy.ndarray:
        """Return the same for any rows."""
        return numpy.array(self.probabilities)


ROWS = [[0.25, 0.75], [1 / 3, 2 / 3], [0.0, 1.0]]


def test_a_loaded_model_passes_its_own_probe(tmp_path: Path) -> None:
    """Train, keep, load in another place, read the fixed rows back from Parquet: nothing differs."""
    model, frame = fitted("boosting"), flights(rows=50, seed=2)
    frame.to_parquet(tmp_path / "probe.parquet", index=False)
    (tmp_path / "probe.json").write_bytes(readable_json(make_probe(model, frame).model_dump(mode="json")))
    saved = save_model(model, tmp_path / "model.skops")
    rows, probe = pandas.read_parquet(tmp_path / "probe.parquet"), read_probe(tmp_path / "probe.json")
    check_probe(load_model(saved.path, saved.trusted_types), rows, probe)
    assert probe.rows == 50


def test_another_model_is_refused_with_the_row_and_a_remedy() -> None:
    """The error says by how much and where the predictions differ."""
    probe = make_probe(Fixed(ROWS), flights(3))
    other = [ROWS[0], [0.3, 0.7], ROWS[2]]
    with pytest.raises(IntegrityError, match=r"0\.0333, in row 1") as caught:
        check_probe(Fixed(other), flights(3), probe)
    assert "requirements.lock" in str(caught.value.remedy)


@pytest.mark.parametrize(("difference", "passes"), [(1e-15, True), (5e-10, True), (2e-9, False)])
def test_a_difference_in_the_last_bits_is_no_fault(difference: float, passes: bool) -> None:
    """Processors that differ in a number's last bits both pass; a difference that could matter does not."""
    probe = make_probe(Fixed(ROWS), flights(3))
    shifted = Fixed([[one + difference, other - difference] for one, other in ROWS])
    if passes:
        check_probe(shifted, flights(3), probe)
    else:
        with pytest.raises(IntegrityError):
            check_probe(shifted, flights(3), probe)


@pytest.mark.parametrize("rows", [ROWS[:2], [], [[*row, 0.0] for row in ROWS]])
def test_another_shape_is_refused(rows: list[list[float]]) -> None:
    """Fewer rows or other classes are not the model's predictions."""
    with pytest.raises(IntegrityError, match="not 3 × 2"):
        check_probe(Fixed(rows), flights(3), make_probe(Fixed(ROWS), flights(3)))


def test_a_prediction_that_is_no_number_is_refused() -> None:
    """NaN never becomes a digest."""
    with pytest.raises(IntegrityError, match="no number"):
        make_probe(Fixed([[float("nan"), 1.0]]), flights(1))


def test_the_digest_is_of_twelve_significant_digits() -> None:
    """It is of canonical JSON, sees the twelfth significant digit, not the fourteenth nor a sign of zero."""
    assert probe_digest([[0.5, -0.0]]) == probe_digest([[0.5 + 1e-14, 0.0]])
    assert probe_digest([[0.5]]) != probe_digest([[0.5 + 1e-12]])
    assert probe_digest([[1e-20]]) != probe_digest([[2e-20]])
    assert probe_digest([[0.5, 0.5]]) == digest_bytes(b"[[0.5,0.5]]")


def test_a_damaged_probe_is_named(tmp_path: Path) -> None:
    """A probe.json that is absent or no probe is an integrity error with its path."""
    for content in (None, b"{", b'{"rows": 1}'):
        path = tmp_path / "probe.json"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(IntegrityError) as caught:
            read_probe(path)
        assert caught.value.where == str(path)
