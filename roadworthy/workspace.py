"""Where a capability's files lie in the work tree: each path is written here, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """The files of one capability below the repository's root."""

    root: Path
    capability: str

    @property
    def data(self) -> Path:
        """The folder of everything below except quarantined rows."""
        return self.root / "data" / self.capability

    @property
    def sources(self) -> Path:
        """Made by ingest: a Parquet file a table."""
        return self.data / "sources"

    @property
    def validated(self) -> Path:
        """Made by validate: the tables without quarantined rows."""
        return self.data / "validated"

    @property
    def validation(self) -> Path:
        """Made by validate: validation.json and the Data Docs."""
        return self.data / "validation"

    @property
    def quarantine(self) -> Path:
        """Made by validate: the rows that were set aside, with the reason."""
        return self.root / "data" / "quarantine" / self.capability

    @property
    def prepared(self) -> Path:
        """Made by prepare: train.parquet, evaluate.parquet and schema.json."""
        return self.data / "prepared"

    @property
    def model(self) -> Path:
        """Made by train: model.skops, model.json, probe.parquet and probe.json."""
        return self.data / "model"

    @property
    def reference(self) -> Path:
        """Made by reference: layout.json and nights.json, with which later nights are compared."""
        return self.data / "reference"

    @property
    def index(self) -> Path:
        """Made by index: the documents, their passages and embeddings."""
        return self.data / "index"

    @property
    def assistant(self) -> Path:
        """Made by integrate: prompts, policy, tools, guards and the provider's configuration, checked together."""
        return self.data / "assistant"

    @property
    def evaluation(self) -> Path:
        """Made by evaluate: evaluation.json, predictions.parquet and reliability.svg."""
        return self.data / "evaluation"

    @property
    def bundle(self) -> Path:
        """Made by package: what will be sealed, signed and served."""
        return self.data / "bundle"

    def relative(self, path: Path) -> str:
        """Return `path` relative to the root, with forward slashes."""
        return path.relative_to(self.root).as_posix()
