"""The slowest and the worst queries of a release as traces in MLflow, linked to its run."""

# Late imports: start-up time.
from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.digest import digest_file
from roadworthy.evaluation.query_traces import ShownTrace, traces_to_show
from roadworthy.evaluation.scored_query import rows_from_jsonl
from tasks.evaluate_answers import ANSWERS
from tasks.kept_traces import find_traces
from tasks.registry.connect import Registry
from tasks.registry.facts import ReleaseFacts
from tasks.registry.trace_spans import SpanMaker, trace_identity

if TYPE_CHECKING:
    from mlflow.entities import Assessment, TraceInfo

MOST = 5
"""So many of the slowest and so many of the worst are shown."""
QUERY, WHY = "roadworthy.query", "roadworthy.why"
"""The trace's tags that name the query, and why it is shown."""
_PREVIEW = 1000


def log_traces(registry: Registry, experiment: str, run: str, facts: ReleaseFacts, bundle: Path) -> int:
    """Log the traces and return how many; done again, it writes the same ones over.

    None are there where the release was evaluated on another machine, or by an older version of Roadworthy.
    """
    from mlflow.tracing.client import TracingClient

    path = bundle / "evaluation" / ANSWERS
    traces = find_traces(registry.traces, facts.capability, digest_file(path)) if registry.traces else ()
    shown = traces_to_show(rows_from_jsonl(path.read_bytes(), ANSWERS), traces, MOST) if traces else ()
    client = TracingClient(registry.uri)
    for one in shown:
        # The trace first: it says of which run it is, and its spans then complete it.
        client.start_trace(_info(one, experiment, run, facts))
        client.log_spans(experiment, SpanMaker(one, facts).spans())
    return len(shown)


def _info(one: ShownTrace, experiment: str, run: str, facts: ReleaseFacts) -> TraceInfo:
    from mlflow.entities import TraceInfo, TraceState
    from mlflow.entities.trace_location import TraceLocation
    from mlflow.tracing.constant import TraceMetadataKey, TraceTagKey

    tokens = {"input_tokens": one.trace.prompt_tokens, "output_tokens": one.trace.completion_tokens}
    identity = trace_identity(facts.digest, one.row.id)
    return TraceInfo(
        trace_id=identity,
        trace_location=TraceLocation.from_experiment_id(experiment),
        request_time=facts.released_milliseconds,
        execution_duration=round(one.trace.seconds * 1000),
        state=TraceState.ERROR if any(part.failure for part in one.trace.parts) else TraceState.OK,
        request_preview=one.row.query[:_PREVIEW],
        response_preview=one.row.answer[:_PREVIEW],
        trace_metadata={
            TraceMetadataKey.SOURCE_RUN: run,
            TraceMetadataKey.TOKEN_USAGE: json.dumps(tokens | {"total_tokens": sum(tokens.values())}),
        },
        tags={
            TraceTagKey.TRACE_NAME: f"{facts.reference} {one.row.id}",
            QUERY: one.row.id,
            WHY: ", ".join(one.why),
            "roadworthy.release": facts.reference,
            "roadworthy.cached": "true" if one.trace.cached else "false",
        },
        assessments=_assessments(one, identity),
    )


def _assessments(one: ShownTrace, identity: str) -> list[Assessment]:
    """Return the scores that the answer got, each from 0 to 1 with its reason, for the page's column of feedback."""
    from mlflow.entities import AssessmentSource, Feedback

    source = AssessmentSource("CODE", "roadworthy")
    shares = {metric: share for metric in one.row.scores if (share := one.row.share(metric)) is not None}
    return [
        Feedback(
            name=metric.value, value=share, source=source, trace_id=identity, rationale=one.row.reasons.get(metric)
        )
        for metric, share in shares.items()
    ]
