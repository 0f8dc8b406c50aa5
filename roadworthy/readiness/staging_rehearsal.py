"""Proves that a release works where it was not made: fetched, verified, loaded, and predicting as before (112)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.errors import DataError
from roadworthy.modelling.fitted_model import read_bundled_model
from roadworthy.modelling.probe import check_probe, read_probe
from roadworthy.modelling.schema import FeatureSchema
from roadworthy.readiness.interface import Finding, Proof, Subject
from roadworthy.release.bundle import fetch_bundle, fetch_manifest
from roadworthy.release.signing import verify_folder
from roadworthy.store import Store

if TYPE_CHECKING:
    import pandas


def prove_staging(subject: Subject) -> Finding:
    """Rehearse serving the release."""
    return rehearse(subject.store, subject.record.digest, subject.public_key)


def rehearse(store: Store, digest: str, public_key: Path) -> Finding:
    """Fetch the release from the store and use it as serving would. Raises what is in `UNFIT`."""
    with TemporaryDirectory() as scratch:
        bundle = fetch_bundle(store, digest, Path(scratch, "bundle"))
        verify_folder(bundle.folder, bundle.signature, public_key)
        if fetch_manifest(store, digest).kind == "assistant":
            from roadworthy.readiness.assistant_rehearsal import rehearse_assistant

            return rehearse_assistant(bundle.folder)
        rows = _predict_fixed_rows(bundle.folder)
    return Finding("pass", f"fetched, verified and loaded; predicts the same on {rows} fixed rows; refuses wrong rows")


def _predict_fixed_rows(folder: Path) -> int:
    import pandas

    model = read_bundled_model(folder)
    fixed = pandas.read_parquet(folder / "model" / "probe.parquet")
    check_probe(model.estimator, model.schema.select(fixed), read_probe(folder / "model" / "probe.json"))
    _check_refusal(model.schema, fixed.drop(columns=model.schema.columns[0]))
    return len(fixed)


def _check_refusal(schema: FeatureSchema, incomplete: pandas.DataFrame) -> None:
    try:
        schema.select(incomplete)
    except DataError:
        return
    raise DataError("the schema lets rows pass that lack a feature", where="schema.json", remedy="release again")


STAGING_TEST = Proof("staging_test", "works where it was not made", prove_staging)
