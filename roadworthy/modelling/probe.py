"""What a model predicts on fixed rows, kept beside it: a loaded model that predicts otherwise is refused."""

# Late imports: start-up time.
from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError
from roadworthy.modelling.schema import FeatureSchema

if TYPE_CHECKING:
    import pandas

DIGITS = 12
"""Probabilities are compared to so many significant digits."""

TOLERANCE = 1e-9
"""Processors may differ in a number's last bit, and so straddle a border of rounding: no fault up to here."""

_SYLLABLES = (
    "ig",
    "no",
    "re",
    "sys",
    "tem",
    "pro",
    "mpt",
    "you",
    "are",
    "the",
    "pass",
    "word",
    "act",
    "now",
    "tell",
    "bank",
)


class Classifier(Protocol):
    """A fitted model that tells classes apart."""

    def predict_proba(self, rows: Any, /) -> Any:
        """Return the classes' probabilities: an array of shape (rows, classes)."""


class Probe(BaseModel):
    """What a model predicted on fixed rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    digest: str
    """See `probe_digest`."""
    probabilities: tuple[tuple[float, ...], ...]
    """Row by row, each class's probability, rounded to `DIGITS` significant digits."""


def probe_digest(probabilities: Any) -> str:
    """Return the digest of an array of shape (rows, classes), rounded to `DIGITS` significant digits."""
    return digest_bytes(canonical_json(_rounded(probabilities)))


def make_probe(model: Classifier, frame: pandas.DataFrame) -> Probe:
    """Predict the fixed rows of `frame`."""
    rounded = _rounded(model.predict_proba(frame))
    return Probe(
        rows=len(rounded),
        digest=probe_digest(rounded),
        probabilities=tuple(tuple(row) for row in rounded),
    )


def without_texts(frame: pandas.DataFrame, schema: FeatureSchema) -> pandas.DataFrame:
    """Return the rows with made-up words in place of free text: what people wrote must not travel with a model.

    The words are those that a digest spells, so that they are the same everywhere and differ from row to row.
    """
    made_up = {name: [_made_up(f"{name} {row}") for row in range(len(frame))] for name in schema.names("text")}
    return frame.assign(**made_up)


def _made_up(seed: str) -> str:
    digest = digest_bytes(seed.encode())
    syllables = [_SYLLABLES[int(digest[place : place + 2], 16) % len(_SYLLABLES)] for place in range(0, 48, 2)]
    return " ".join("".join(syllables[place : place + 2]) for place in range(0, len(syllables), 2))


def read_probe(path: Path) -> Probe:
    """Read the probe that was written as JSON at `path`; raises `IntegrityError` when it is none."""
    try:
        return Probe.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise IntegrityError(
            f"The model's fixed predictions can't be read: {error}",
            where=str(path),
            remedy="Fetch the release again.",
        ) from error


def check_probe(model: Classifier, frame: pandas.DataFrame, expected: Probe) -> None:
    """Raise `IntegrityError` when `model` does not predict on `frame` what it did when it was trained."""
    actual = make_probe(model, frame)
    if actual.digest == expected.digest:
        return
    if not _same_shape(actual, expected):
        raise _differs(f"gives {_shape(actual)} probabilities, not {_shape(expected)}")
    differences = [
        max(abs(one - other) for one, other in zip(new, old, strict=True))
        for new, old in zip(actual.probabilities, expected.probabilities, strict=True)
    ]
    worst = max(range(len(differences)), key=differences.__getitem__)
    if differences[worst] > TOLERANCE:
        raise _differs(f"differs by up to {differences[worst]:.3g}, in row {worst} of the fixed rows")


def _rounded(probabilities: Any) -> list[list[float]]:
    # Adding zero turns -0.0 into 0.0.
    rounded = [[float(f"{float(value):.{DIGITS - 1}e}") + 0.0 for value in row] for row in probabilities]
    if not all(math.isfinite(value) for row in rounded for value in row):
        raise _differs("gives something that is no number")
    return rounded


def _same_shape(one: Probe, other: Probe) -> bool:
    return [len(row) for row in one.probabilities] == [len(row) for row in other.probabilities]


def _shape(probe: Probe) -> str:
    return f"{len(probe.probabilities)} × {len(probe.probabilities[0]) if probe.probabilities else 0}"


def _differs(how: str) -> IntegrityError:
    return IntegrityError(
        f"The model does not predict what it did when it was trained: it {how}.",
        where="the model's fixed rows (probe.parquet, probe.json)",
        remedy=(
            "Use the release's own environment (requirements.lock) and number of threads; "
            "if that does not help, this processor computes otherwise: train a new release here."
        ),
    )
