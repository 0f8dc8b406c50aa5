"""Reads a step's record back from the OpenLineage event that ended it; needs no library for that."""

from __future__ import annotations

import json
from typing import Any, Literal

from roadworthy.lineage.interface import Artifact, Field, StepRecord
from roadworthy.lineage.validation import tables_from_json

PRODUCER = "urn:roadworthy:lineage:1"
"""Who made an event, and the number of its form."""

NAMESPACE = "roadworthy"
"""Of all our jobs and datasets."""

STEP = "roadworthy_step"
VALIDATION = "roadworthy_validation"
CODE = "roadworthy_code"

_OUTCOMES: dict[str, Literal["complete", "fail"]] = {"COMPLETE": "complete", "FAIL": "fail"}


def record_from_event(event: Any) -> StepRecord | None:
    """Return the record that the event was made from; None when it is not ours, or not the last of its run."""
    if not isinstance(event, dict) or event.get("producer") != PRODUCER:
        return None
    if event.get("eventType") not in _OUTCOMES:
        return None
    try:
        return _record(event, event["run"]["facets"], event["job"]["facets"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _record(event: dict[str, Any], run: dict[str, Any], job: dict[str, Any]) -> StepRecord:
    return StepRecord(
        run_id=event["run"]["runId"],
        step=run[STEP]["step"],
        capability=run[STEP]["capability"],
        started=run[STEP]["started"],
        ended=event["eventTime"],
        outcome=_OUTCOMES[event["eventType"]],
        reason=run.get("errorMessage", {}).get("message"),
        inputs=tuple(_artifact(item, item["inputFacets"]["inputStatistics"]) for item in event["inputs"]),
        outputs=tuple(_artifact(item, item["outputFacets"]["outputStatistics"]) for item in event["outputs"]),
        code=tuple(Artifact(**item) for item in job[CODE]["files"]),
        parameters={item["key"]: json.loads(item["value"]) for item in _parameters(run)},
        parameters_digest=run[STEP]["parametersDigest"],
        parent_run=run["parent"]["run"]["runId"] if "parent" in run else None,
        validation=tables_from_json(run.get(VALIDATION)),
    )


def _parameters(run: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run["executionParameters"]["parameters"]
    return found


def _artifact(dataset: dict[str, Any], statistics: dict[str, Any]) -> Artifact:
    facets = dataset["facets"]
    fields = None
    if "schema" in facets:
        fields = tuple(Field(name=field["name"], type=field["type"]) for field in facets["schema"]["fields"])
    return Artifact(
        name=dataset["name"],
        digest=facets["version"]["datasetVersion"],
        size=statistics.get("size"),
        rows=statistics.get("rowCount"),
        fields=fields,
    )
