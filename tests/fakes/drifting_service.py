"""A small released model and the gateway's traces of its nights: rows may move, scores may lose what they tell."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas
from fakes.small_bundle import small_capability

from roadworthy.canonical import readable_json
from roadworthy.digest import digest_file, digest_files
from roadworthy.drift.reference import LAYOUT, NIGHTS, Reference
from roadworthy.drift.served.counter import ServedCounter
from roadworthy.drift.served.counting import RowCounter
from roadworthy.drift.served.interface import PredictedRows
from roadworthy.drift.served.sealing import seal_counts
from roadworthy.modelling.online_rows import RowReader
from roadworthy.modelling.schema import Feature, FeatureSchema
from roadworthy.release.bundle import blob_key, publish_bundle
from roadworthy.release.code import CodeIdentity
from roadworthy.release.entries import Actor, Released
from roadworthy.release.ledger import Ledger
from roadworthy.release.manifest import build_manifest
from roadworthy.store import LocalStore
from roadworthy.telemetry.event import Ending, Event, Kind
from roadworthy.telemetry.opening import open_recorder
from roadworthy.telemetry.request_ids import RequestIds

CAPABILITY = "flight-delay"
FIRST = date(2024, 1, 1)
LEARNED = 40
"""Nights of the reference."""
A_NIGHT = 400
SCHEMA = FeatureSchema(
    features=(
        Feature(name="carrier", kind="categorical", type="VARCHAR"),
        Feature(name="distance", kind="numeric", type="DOUBLE"),
        Feature(name="wind", kind="numeric", type="DOUBLE"),
    ),
    label="late",
    positive=1,
)


def rows_of(night: date, rows: int = A_NIGHT, carriers: str = "AA UA WN", calm: bool = False) -> pandas.DataFrame:
    """Return a night's rows, drawn by its date; on calm nights nothing tells which flight will be late."""
    random = np.random.default_rng(night.toordinal())
    wind = np.full(rows, 20.0) + random.normal(0, 0.1, rows) if calm else random.uniform(0, 40, rows)
    score = 1 / (1 + np.exp(2 - wind / 10))
    return pandas.DataFrame(
        {
            "carrier": random.choice(carriers.split(), rows),
            "distance": random.uniform(100, 3000, rows),
            "wind": wind,
            "night": night,
            "score": score,
            "label": (random.random(rows) < score).astype("int8"),
        }
    )


class DriftingService:
    """One release in a store, and nights of requests to it."""

    def __init__(self, root: Path, *, with_reference: bool = True) -> None:
        self.root, self.store = root, LocalStore(root / "store")
        learned = pandas.concat([rows_of(FIRST + timedelta(day)) for day in range(LEARNED)])
        rows = root / "rows.parquet"
        learned.drop(columns="score").to_parquet(rows, index=False)
        self.reference = Reference.of([rows], SCHEMA, "night")
        self.digest = self._release(rows, learned, with_reference)
        self.counter = RowCounter(self.reference.layout, SCHEMA)

    def serve(self, night: date, rows: pandas.DataFrame, counted: int | None = None) -> list[str]:
        """Predict these rows on a night, in requests of a hundred; `counted` of them came to be counted.

        Returns the requests' ids.
        """
        recorder = open_recorder(self.root / "home", self.store)
        counter = ServedCounter(self.root / "counted", every=3600, today=lambda: night)
        noon, ids = datetime.combine(night, time(12), UTC), []
        for start in range(0, len(rows), 100):
            part = rows[start : start + 100]
            at = noon + timedelta(seconds=start)
            number = RequestIds(b"k" * 32, at.timestamp).new()
            ids.append(number)
            recorder.record(
                Event(
                    number, at, Kind.PREDICTION, Ending.PREDICTED, 200, 0.01, capability=CAPABILITY, release=1,
                    digest=self.digest, arm="production", rows=len(part),
                    scores=tuple(part["score"]),
                )
            )  # fmt: skip
            if counted is None or start < counted:
                counter.note(self._predicted(part, at))
        recorder.close()
        counter.close()
        seal_counts(self.root / "counted", self.store)
        return ids

    def _predicted(self, rows: pandas.DataFrame, at: datetime) -> PredictedRows:
        records = rows[SCHEMA.columns].to_dict("records")
        read = RowReader(SCHEMA).read({"records": records})
        return PredictedRows(CAPABILITY, 1, self.digest, at, self.counter, read.columns, rows["score"].tolist())

    def _release(self, rows: Path, learned: pandas.DataFrame, with_reference: bool) -> str:
        bundle = self.root / "bundle"
        for folder in ("drift", "evaluation"):
            (bundle / folder).mkdir(parents=True)
        if with_reference:
            (bundle / LAYOUT).write_bytes(self.reference.layout_bytes())
            (bundle / NIGHTS).write_bytes(self.reference.nights_bytes())
        parameters = small_capability(evaluate={"resample_by": "night"}).model_dump(mode="json", by_alias=True)
        (bundle / "parameters.json").write_bytes(readable_json(parameters))
        learned[["label", "score"]].to_parquet(bundle / "evaluation" / "predictions.parquet", index=False)
        (bundle / "evaluation" / "rows.json").write_bytes(readable_json({"rows": 0, "sha256": digest_file(rows)}))
        self.store.create_from_file(blob_key(digest_file(rows)), rows)
        manifest = build_manifest(
            capability=CAPABILITY,
            kind="model",
            parameters=parameters,
            files=digest_files(bundle),
            sources=(),
            code=CodeIdentity(commit="c" * 40, tree="d" * 64, clean=True, changed_files=()),
            environment="e" * 64,
        )
        digest = publish_bundle(self.store, bundle, manifest, b"{}")
        fact = Released(release=1, digest=digest, commit="c" * 40, clean_work_tree=True)
        clock = datetime(2024, 2, 10, tzinfo=UTC)
        Ledger(self.store, CAPABILITY, lambda: clock).record(lambda entries: fact, by=Actor(name="tests"))
        return digest
