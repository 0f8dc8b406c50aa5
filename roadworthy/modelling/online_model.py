"""A trained model ready to answer requests: it reads rows, scores them in micro-batches, and has proven itself."""

# Late imports: start-up time.
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadworthy.modelling.fitted_model import FittedModel, read_bundled_model
from roadworthy.modelling.micro_batches import BatchLimits, MicroBatcher
from roadworthy.modelling.online_rows import RowReader
from roadworthy.modelling.online_schema import request_schema
from roadworthy.modelling.probe import check_probe, read_probe
from roadworthy.modelling.schema import FeatureSchema
from roadworthy.modelling.scoring.choosing import scorer_for

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class OnlineModel:
    """What serves one release's predictions; used in one event loop."""

    model: FittedModel
    reader: RowReader
    batcher: MicroBatcher
    example: Mapping[str, Any]
    """A record that it predicts: one of the release's fixed rows."""

    @property
    def schema(self) -> FeatureSchema:
        """What the model takes and gives."""
        return self.model.schema

    @property
    def request_schema(self) -> Mapping[str, Any]:
        """The JSON Schema of a request's body."""
        return request_schema(self.schema, self.reader.most_rows)

    def close(self) -> None:
        """Give the scoring thread back; when no request uses the model."""
        self.batcher.close()


def open_online_model(bundle: Path, limits: BatchLimits | None = None, most_rows: int = 1000) -> OnlineModel:
    """Load the model of the release in the folder `bundle`, warm; a request may have up to `most_rows` rows.

    Takes some tenths of a second: call it in a thread. Raises `IntegrityError` when the model's file is damaged, or
    does not predict its fixed rows as it did when it was trained.
    """
    import pandas

    model = read_bundled_model(bundle)
    fixed = pandas.read_parquet(bundle / "model" / "probe.parquet")
    check_probe(model.estimator, model.schema.select(fixed), read_probe(bundle / "model" / "probe.json"))
    return online_model(model, fixed, limits, most_rows)


def online_model(
    model: FittedModel, fixed: pandas.DataFrame, limits: BatchLimits | None = None, most_rows: int = 1000
) -> OnlineModel:
    """Make a model that is loaded and checked ready; `fixed` is a frame of the release's fixed rows."""
    batcher = MicroBatcher(scorer_for(model, fixed), limits)
    return OnlineModel(model, RowReader(model.schema, most_rows), batcher, _example(model.schema, fixed))


def _example(schema: FeatureSchema, fixed: pandas.DataFrame) -> Mapping[str, Any]:
    """Return the first fixed row that a client could send, as JSON has it."""
    record: dict[str, Any] = json.loads(fixed[schema.columns].head(1).to_json(orient="records"))[0]
    return record
