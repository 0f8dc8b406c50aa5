"""Calls a step and writes its lineage: the one place that does."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes
from roadworthy.errors import DataError, IntegrityError, StepFailed
from roadworthy.lineage.artifacts import Watch, files_below, name_of, read_artifact
from roadworthy.lineage.interface import Artifact, Sink, StepCall, StepRecord, StepStart
from roadworthy.lineage.masking import mask, mask_value
from roadworthy.lineage.validation import validation_among

_log = logging.getLogger(__name__)


def record_step(what: StepCall, run: Callable[[], None], sink: Sink) -> StepRecord:
    """Digest what will be read, run, digest what was written, and keep one record, also when the step fails.

    Raises `DataError` when an input is missing (nothing has run then), `IntegrityError` when a file that the step read
    changed meanwhile, `StepFailed` when an output is missing, and whatever `run` raises. Whenever it raises, what the
    step wrote must not be used.
    """
    _require(what.inputs + what.code, what)
    inputs, code = Watch(what.inputs, what.root), Watch(what.code, what.root)
    start = _start(what, inputs, code)
    sink.start(start)
    try:
        run()
        outputs = _outputs(what)
        _refuse_changes(what, inputs.changed() + code.changed())
    except BaseException as error:
        # Also for an interrupt: whoever reads the record wants to know that nothing came of this run.
        _keep_failure(_failure(start, error, inputs.changed() + code.changed()), sink)
        raise
    record = _success(start, outputs, what)
    sink.end(record)
    return record


def _require(paths: Iterable[Path], what: StepCall) -> None:
    for path in paths:
        if not path.exists():
            raise DataError(
                f"step {what.step} of {what.capability} has nothing to read at {name_of(path, what.root)}",
                where=name_of(path, what.root),
                remedy="run the step that makes it first, or put the file back",
            )


def _start(what: StepCall, inputs: Watch, code: Watch) -> StepStart:
    parameters = mask_value(what.parameters)
    pinned = tuple(artifact.model_copy(update={"name": mask(artifact.name)}) for artifact in what.pinned)
    return StepStart(
        run_id=str(uuid.uuid4()),
        step=what.step,
        capability=what.capability,
        started=datetime.now(UTC),
        inputs=inputs.artifacts + pinned,
        code=code.artifacts,
        parameters=parameters,
        parameters_digest=digest_bytes(canonical_json(parameters)),
        parent_run=what.parent_run,
    )


def _outputs(what: StepCall) -> tuple[Artifact, ...]:
    for path in what.outputs:
        if not path.exists():
            raise StepFailed(
                f"step {what.step} of {what.capability} ended without writing {name_of(path, what.root)}",
                where=name_of(path, what.root),
                remedy="run it again; if that doesn't help, the step declares an output that it doesn't write",
            )
    return tuple(read_artifact(path, what.root) for path in files_below(what.outputs))


def _refuse_changes(what: StepCall, changed: tuple[str, ...]) -> None:
    if changed:
        raise IntegrityError(
            f"{', '.join(changed)} changed while step {what.step} ran; its record would claim what was not read",
            where=changed[0],
            remedy="run it again",
        )


def _success(start: StepStart, outputs: tuple[Artifact, ...], what: StepCall) -> StepRecord:
    return StepRecord(
        **_fields(start),
        ended=datetime.now(UTC),
        outcome="complete",
        outputs=outputs,
        validation=validation_among(_not_copied(what, start, outputs)),
    )


def _not_copied(what: StepCall, start: StepStart, outputs: tuple[Artifact, ...]) -> list[Path]:
    # The package step copies validation.json into the bundle; it validated nothing.
    read = {artifact.digest for artifact in start.inputs}
    own = {artifact.name for artifact in outputs if artifact.digest not in read}
    return [path for path in files_below(what.outputs) if name_of(path, what.root) in own]


def _failure(start: StepStart, error: BaseException, changed: tuple[str, ...]) -> StepRecord:
    # A failed run's record claims no more than a good one's: what changed is left out.
    kept = {
        "inputs": tuple(artifact for artifact in start.inputs if artifact.name not in changed),
        "code": tuple(artifact for artifact in start.code if artifact.name not in changed),
    }
    return StepRecord(
        **{**_fields(start), **kept},
        ended=datetime.now(UTC),
        outcome="fail",
        reason=mask(f"{type(error).__name__}: {error}"),
    )


def _keep_failure(record: StepRecord, sink: Sink) -> None:
    try:
        sink.end(record)
    except Exception:
        # People need the step's own error more than this one.
        _log.warning("the failure of %s could not be recorded", record.job, exc_info=True)


def _fields(start: StepStart) -> dict[str, Any]:
    return {name: getattr(start, name) for name in StepStart.model_fields}
