"""What is said of a request in its spans: OpenTelemetry's names where there are some (GenAI, HTTP), else ours."""

from __future__ import annotations

from opentelemetry.util.types import AttributeValue

from roadworthy.telemetry.event import Called, Event, GuardVerdict, Kind

ASK_THE_MODEL = "ask the model"
CALL_A_TOOL = "call a tool"
_MODEL_PARTS = (ASK_THE_MODEL, "choose a tool")

Attributes = dict[str, AttributeValue]


def of_request(event: Event) -> Attributes:
    """Return what the request's own span says; names of people are pseudonyms, texts are none."""
    said: Attributes = {
        "http.response.status_code": event.status,
        "roadworthy.request": event.id,
        "roadworthy.kind": event.kind.value,
        "roadworthy.ending": event.ending.value,
        **_told("roadworthy.capability", event.capability),
        **_told("roadworthy.release", event.release),
        **_told("roadworthy.digest", event.digest),
        **_told("roadworthy.arm", event.arm),
        **_told("roadworthy.tenant", event.tenant),
        **_told("user.id", event.user),
        **_told("error.type", event.problem),
        **_told("roadworthy.fallback", event.fallback),
        **_told("roadworthy.rows", event.rows),
    }
    return {**said, **_of_answer(event)} if event.kind is Kind.ANSWER else said


def _of_answer(event: Event) -> Attributes:
    return {
        "gen_ai.operation.name": "invoke_agent",
        **_told("gen_ai.agent.name", event.capability),
        **_told("gen_ai.agent.version", str(event.release or "")),
        **_told("gen_ai.request.model", event.capability),
        **_told("gen_ai.conversation.id", event.conversation),
        **_told("gen_ai.response.time_to_first_chunk", event.first_text_seconds),
        "gen_ai.response.id": event.id,
        "gen_ai.request.stream": event.streamed,
        "gen_ai.usage.input_tokens": event.prompt_tokens,
        "gen_ai.usage.output_tokens": event.completion_tokens,
        **_told("roadworthy.cost", float(event.cost)),
        **_told("roadworthy.currency", event.currency),
        "roadworthy.cached": event.cached,
        **_told("roadworthy.retrieved", tuple(passage.document for passage in event.retrieved)),
        **_told("roadworthy.cited", tuple(passage.document for passage in event.retrieved if passage.cited)),
    }


def of_part(name: str, failure: str, called: Called | None, model: str) -> Attributes:
    """Return what the span of a part says."""
    said = _told("error.type", failure)
    if name in _MODEL_PARTS:
        return {**said, "gen_ai.operation.name": "chat", **_told("gen_ai.request.model", model)}
    if name == "retrieve":
        return {**said, "gen_ai.operation.name": "retrieval"}
    if called is None:
        return said
    tool: Attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": called.tool}
    return {**said, **tool, "roadworthy.verdict": called.verdict}


def of_guard(said: GuardVerdict) -> Attributes:
    """Return what is said of a guard's verdict."""
    verdict: Attributes = {"guard": said.guard, "place": said.place, "verdict": said.verdict}
    return {**verdict, "seconds": said.seconds}


def _told(name: str, value: AttributeValue | None) -> Attributes:
    """Leave out what is empty: a trace holds what is known."""
    return {name: value} if value else {}
