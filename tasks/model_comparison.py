"""Compares a trained model with the production release on the same rows."""

# Late imports: start-up time.
from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.digest import digest_file
from roadworthy.errors import DataError, IntegrityError
from roadworthy.modelling.fitted_model import read_bundled_model
from roadworthy.modelling.schema import LABEL
from roadworthy.release.bundle import Bundle, blob_key
from roadworthy.store import Store
from tasks.evaluate import SCORE, resampling

if TYPE_CHECKING:
    import numpy
    import pandas

    from roadworthy.evaluation.comparison import Comparison
    from roadworthy.params.capability import ModelCapability


def compare_models(
    store: Store, challenger: Bundle, production: Bundle, capability: ModelCapability
) -> Comparison | None:
    """Compare the two on the challenger's rows; None when the production model does not take them."""
    import pandas

    from roadworthy.evaluation.comparison import compare_predictions

    with TemporaryDirectory() as scratch:
        rows = pandas.read_parquet(fetch_rows(store, challenger, Path(scratch)))
    try:
        theirs = _predictions_on(rows, challenger, production)
    except DataError:
        return None
    ours = own_predictions(challenger)
    return compare_predictions(rows[LABEL].to_numpy(), ours, theirs, resampling(capability.evaluate, rows))


def _predictions_on(rows: pandas.DataFrame, challenger: Bundle, production: Bundle) -> numpy.ndarray:
    """Return what the production model predicts on the challenger's rows: known already if they were its own too."""
    if _rows_digest(challenger) == _rows_digest(production) and _predictions_path(production).is_file():
        return own_predictions(production)
    return read_bundled_model(production.folder).predict(rows)


def own_predictions(bundle: Bundle) -> numpy.ndarray:
    """Return what the release predicted on the rows that it was evaluated on."""
    import pandas

    return pandas.read_parquet(_predictions_path(bundle))[SCORE].to_numpy()


def _predictions_path(bundle: Bundle) -> Path:
    return bundle.folder / "evaluation" / "predictions.parquet"


def _rows_digest(bundle: Bundle) -> str:
    return str(json.loads((bundle.folder / "evaluation" / "rows.json").read_bytes())["sha256"])


def fetch_rows(store: Store, bundle: Bundle, folder: Path) -> Path:
    """Put the rows on which a release was evaluated in `folder`; raises `NotStored` and `IntegrityError`."""
    digest = _rows_digest(bundle)
    path = folder / "rows.parquet"
    store.read_to_file(blob_key(digest), path)
    if digest_file(path) != digest:
        raise IntegrityError(
            "the evaluation rows are not what the release was measured on",
            where=f"{store.address}: {blob_key(digest)}",
            remedy="put them back from a copy of the store, or release again",
        )
    return path
