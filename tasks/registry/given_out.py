"""Proves, before production, that the model that MLflow gives out is the released one: applications may load it."""

# Late imports: start-up time.
from __future__ import annotations

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from roadworthy.errors import IntegrityError
from roadworthy.modelling.probe import Probe, check_probe
from roadworthy.readiness.interface import Finding, Proof, Subject
from roadworthy.release.bundle import fetch_manifest, read_bundle_file
from roadworthy.release.manifest import Manifest
from roadworthy.store import Store
from tasks.registry.connect import Registry, unavailable_when_failing
from tasks.registry.versions import find_version


def registry_proof(registry: Registry, capability: str) -> Proof:
    """Return the proof that asks this MLflow. It raises `Unavailable` when MLflow does not answer."""

    def look(subject: Subject) -> Finding:
        with unavailable_when_failing(registry.uri):
            version = find_version(registry, capability, subject.record.digest)
        if version is None:
            return Finding("pass", "MLflow gives out nothing of it")
        manifest = fetch_manifest(subject.store, subject.record.digest)
        if manifest.kind == "assistant":
            return Finding("pass", "an assistant, which MLflow shows and does not run")
        with TemporaryDirectory() as scratch:
            rows = _compare(subject.store, manifest, _download(registry, version.source, Path(scratch)))
        return Finding("pass", f"loaded from MLflow it predicts the same on {rows} fixed rows")

    return Proof("registry_model", "MLflow gives out the released model", look)


def _download(registry: Registry, source: str, folder: Path) -> Path:
    from mlflow.artifacts import download_artifacts

    with unavailable_when_failing(registry.uri):
        return Path(download_artifacts(artifact_uri=source, dst_path=str(folder), tracking_uri=registry.uri))


def _compare(store: Store, manifest: Manifest, folder: Path) -> int:
    import pandas

    fixed = pandas.read_parquet(BytesIO(read_bundle_file(store, manifest, "model/probe.parquet")))
    expected = Probe.model_validate_json(read_bundle_file(store, manifest, "model/probe.json"))
    check_probe(_Loaded(folder), fixed, expected)
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
