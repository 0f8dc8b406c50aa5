"""Proves, before production, that the model that MLflow gives out is the released one: applications may load it."""

# Late imports: start-up time.
from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from roadworthy.errors import IntegrityError
from roadworthy.modelling.probe import check_probe, read_probe
from roadworthy.readiness.interface import Finding, Proof, Subject
from roadworthy.release.bundle import fetch_bundle
from tasks.registry.connect import Registry, unavailable_when_failing
from tasks.registry.versions import find_version


def registry_proof(registry: Registry, capability: str) -> Proof:
    """Return the proof that asks this MLflow. It raises `Unavailable` when MLflow does not answer."""

    def look(subject: Subject) -> Finding:
        with unavailable_when_failing(registry.uri):
            version = find_version(registry, capability, subject.record.digest)
        if version is None:
            return Finding("pass", "MLflow gives out nothing of it")
        with TemporaryDirectory() as scratch:
            bundle = fetch_bundle(subject.store, subject.record.digest, Path(scratch, "bundle")).folder
            if not (bundle / "model").is_dir():
                return Finding("pass", "an assistant, which MLflow shows and does not run")
            rows = _compare(bundle, _download(registry, version.source, Path(scratch, "model")))
        return Finding("pass", f"loaded from MLflow it predicts the same on {rows} fixed rows")

    return Proof("registry_model", "MLflow gives out the released model", look)


def _download(registry: Registry, source: str, folder: Path) -> Path:
    from mlflow.artifacts import download_artifacts

    folder.mkdir()
    with unavailable_when_failing(registry.uri):
        return Path(download_artifacts(artifact_uri=source, dst_path=str(folder), tracking_uri=registry.uri))


def _compare(bundle: Path, folder: Path) -> int:
    import pandas

    fixed = pandas.read_parquet(bundle / "model" / "probe.parquet")
    check_probe(_Loaded(folder), fixed, read_probe(bundle / "model" / "probe.json"))
    return len(fixed)


class _Loaded:
    """The model as MLflow loads it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def predict_proba(self, rows: Any, /) -> Any:
        """Predict. Raises `IntegrityError` when MLflow can't load what it holds."""
        from mlflow import pyfunc

        try:
            return pyfunc.load_model(str(self._folder), suppress_warnings=True).predict(rows)
        except Exception as error:  # What is no model may raise anything.
            line = (str(error).splitlines() or [type(error).__name__])[0]
            raise IntegrityError(
                f"MLflow can't load what it holds: {line}", where="MLflow", remedy="release again"
            ) from error
