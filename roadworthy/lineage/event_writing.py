"""Writes a step's start and its record as OpenLineage events; imported late, for openlineage takes half a second."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import attr
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    JobFacet,
    RunFacet,
    data_quality_assertions_dataset,
    dataset_version_dataset,
    error_message_run,
    execution_parameters_run,
    input_statistics_input_dataset,
    job_type_job,
    output_statistics_output_dataset,
    parent_run,
    schema_dataset,
    source_code_location_job,
)
from openlineage.client.serde import Serde

from roadworthy.canonical import readable_json
from roadworthy.lineage.event_reading import CODE, NAMESPACE, PRODUCER, STEP, VALIDATION
from roadworthy.lineage.interface import Artifact, StepRecord, StepStart, TableValidation
from roadworthy.lineage.validation import tables_to_json


@attr.define
class StepRunFacet(RunFacet):
    """What an event of ours says beyond the standard: enough to rebuild the whole record from one event."""

    capability: str
    step: str
    started: str
    parametersDigest: str  # noqa: N815  (OpenLineage's spelling)

    @staticmethod
    def _get_schema() -> str:
        return f"{PRODUCER}#/$defs/StepRunFacet"


@attr.define
class ValidationRunFacet(RunFacet):
    """The validation's result, table by table, with the rows that went to quarantine."""

    tables: dict[str, Any]

    @staticmethod
    def _get_schema() -> str:
        return f"{PRODUCER}#/$defs/ValidationRunFacet"


@attr.define
class CodeJobFacet(JobFacet):
    """The modules that the step runs, each with its digest, and one digest over all."""

    digest: str
    files: list[dict[str, Any]]

    @staticmethod
    def _get_schema() -> str:
        return f"{PRODUCER}#/$defs/CodeJobFacet"


def start_event(start: StepStart) -> RunEvent:
    """Return the event that says that a step is about to run."""
    return RunEvent(
        eventType=RunState.START,
        eventTime=start.started.isoformat(),
        producer=PRODUCER,
        run=Run(runId=start.run_id, facets=_run_facets(start)),
        job=_job(start),
        inputs=[_input(artifact, ()) for artifact in start.inputs],
        outputs=[],
    )


def end_event(record: StepRecord) -> RunEvent:
    """Return the event from which `event_reading.record_from_event` makes an equal record."""
    return RunEvent(
        eventType=RunState.COMPLETE if record.outcome == "complete" else RunState.FAIL,
        eventTime=record.ended.isoformat(),
        producer=PRODUCER,
        run=Run(runId=record.run_id, facets=_run_facets(record) | _end_facets(record)),
        job=_job(record),
        inputs=[_input(artifact, record.validation) for artifact in record.inputs],
        outputs=[_output(artifact) for artifact in record.outputs],
    )


def event_bytes(event: RunEvent) -> bytes:
    """Return the event as JSON for people."""
    return readable_json(Serde.to_dict(event))


def _run_facets(start: StepStart) -> dict[str, RunFacet]:
    facets: dict[str, RunFacet] = {
        STEP: StepRunFacet(
            capability=start.capability,
            step=start.step,
            started=start.started.isoformat(),
            parametersDigest=start.parameters_digest,
            producer=PRODUCER,
        ),
        # Each value as JSON text, because the client drops a null on its way out.
        "executionParameters": execution_parameters_run.ExecutionParametersRunFacet(
            parameters=[
                execution_parameters_run.ExecutionParameter(key=key, value=json.dumps(value, sort_keys=True))
                for key, value in sorted(start.parameters.items())
            ],
            producer=PRODUCER,
        ),
    }
    if start.parent_run is not None:
        facets["parent"] = parent_run.ParentRunFacet(
            run=parent_run.Run(runId=start.parent_run),
            job=parent_run.Job(namespace=NAMESPACE, name=start.capability),
            producer=PRODUCER,
        )
    return facets


def _end_facets(record: StepRecord) -> dict[str, RunFacet]:
    facets: dict[str, RunFacet] = {}
    if record.reason is not None:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=record.reason, programmingLanguage="PYTHON", producer=PRODUCER
        )
    if record.validation:
        facets[VALIDATION] = ValidationRunFacet(**tables_to_json(record.validation), producer=PRODUCER)
    return facets


def _job(start: StepStart) -> Job:
    files = [{"name": module.name, "digest": module.digest, "size": module.size} for module in start.code]
    facets: dict[str, JobFacet] = {
        "jobType": job_type_job.JobTypeJobFacet(
            processingType="BATCH", integration="ROADWORTHY", jobType="STEP", producer=PRODUCER
        ),
        # The bytes that ran may be in no commit, so the code's place is its digest.
        "sourceCodeLocation": source_code_location_job.SourceCodeLocationJobFacet(
            type="sha256",
            url=f"urn:sha256:{start.code_digest}",
            version=start.code_digest,
            producer=PRODUCER,
        ),
        CODE: CodeJobFacet(digest=start.code_digest, files=files, producer=PRODUCER),
    }
    return Job(namespace=NAMESPACE, name=start.job, facets=facets)


def _input(artifact: Artifact, validation: Iterable[TableValidation]) -> InputDataset:
    facets: dict[str, InputDatasetFacet] = {
        "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
            rowCount=artifact.rows, size=artifact.size, fileCount=1, producer=PRODUCER
        )
    }
    for table in validation:
        if artifact.name.rpartition("/")[2].partition(".")[0] == table.table:
            facets["dataQualityAssertions"] = _assertions(table)
    return InputDataset(NAMESPACE, artifact.name, facets=_dataset_facets(artifact), inputFacets=facets)


def _output(artifact: Artifact) -> OutputDataset:
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=artifact.rows, size=artifact.size, fileCount=1, producer=PRODUCER
    )
    return OutputDataset(
        NAMESPACE,
        artifact.name,
        facets=_dataset_facets(artifact),
        outputFacets={"outputStatistics": statistics},
    )


def _dataset_facets(artifact: Artifact) -> dict[str, DatasetFacet]:
    facets: dict[str, DatasetFacet] = {
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=artifact.digest, producer=PRODUCER)
    }
    if artifact.fields is not None:
        facets["schema"] = schema_dataset.SchemaDatasetFacet(
            fields=[
                schema_dataset.SchemaDatasetFacetFields(name=field.name, type=field.type, fields=None)
                for field in artifact.fields
            ],
            producer=PRODUCER,
        )
    return facets


def _assertions(table: TableValidation) -> data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet:
    return data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
        assertions=[
            data_quality_assertions_dataset.Assertion(
                assertion=found.expectation,
                success=found.success,
                column=found.column,
                severity=found.severity or None,
            )
            for found in table.expectations
        ],
        producer=PRODUCER,
    )
