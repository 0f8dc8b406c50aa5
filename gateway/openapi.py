"""The OpenAPI document (3.1): every path with what it takes and what it answers, problems included."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway import answer_models as answers
from gateway.chat_request import ChatRequest
from gateway.handover import EscalationRequest
from gateway.problems import MEDIA_TYPE
from roadworthy.handover.feedback import Feedback

Document = dict[str, Any]
_MODELS: tuple[type[BaseModel], ...] = (
    *(ChatRequest, Feedback, EscalationRequest, answers.Problem, answers.Completion, answers.Models, answers.Model),
    *(answers.Capability, answers.Predictions, answers.FeedbackTaken, answers.Case, answers.Alive, answers.Ready),
)
_ANY_PATH = (400, 405, 408, 414, 431)
_WITH_KEY = (*_ANY_PATH, 401, 503)
_WITH_BODY = (*_WITH_KEY, 403, 404, 413, 415, 429, 500, 504)
_SAID: Mapping[int, str] = {
    400: "The request can't be understood; `errors` names the places.",
    401: "The key is missing, malformed, unknown, expired or revoked.",
    403: "The key is not meant for this.",
    404: "There is nothing of this name.",
    408: "The request took too long to arrive.",
    413: "The body is too long.",
    415: "The body has to be JSON.",
    422: "A row does not fit the model; `errors` names the places.",
    429: "The limit or the budget of the key is used up, or too many wait; `Retry-After` says when to come again.",
    500: "The gateway failed; the request's id is in its log.",
    503: "Switched off, not loaded yet, or overloaded; `Retry-After` says when to come again.",
    504: "The request took longer than allowed.",
}
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}},
}
_NOT_BLANK = {"comment": {"type": "string", "pattern": r"\S"}}


def openapi_document(title: str, description: str) -> Document:
    """Return the document; it depends on nothing but the code."""
    schemas = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template="#/components/schemas/{model}"
    )[1]["$defs"]
    _complete(schemas)
    bearer = {"type": "http", "scheme": "bearer", "description": "A key: `roadworthy keys create`."}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "description": description, "version": "1"},
        "paths": _paths(),
        "components": {"schemas": schemas, "securitySchemes": {"key": bearer}},
    }


def _complete(schemas: Document) -> None:
    """Say what pydantic's rules can't: that feedback says something."""
    schemas["Feedback"]["anyOf"] = [
        {"required": [name], "properties": {name: schema}}
        for name, schema in {"thumb": {"enum": ["up", "down"]}, "resolved": {"type": "boolean"}, **_NOT_BLANK}.items()
    ]
    schemas["PredictionRequest"] = _PREDICTION_REQUEST


_KEYS: Document = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 200},
    "minItems": 1,
    "description": "A key for each row, by which labels name it later; only its keyed digest is kept.",
}
_PREDICTION_REQUEST: Document = {
    "title": "PredictionRequest",
    "description": "Rows. `GET /v1/capabilities/{name}` has the schema of a record, and an example.",
    "oneOf": [
        {
            "type": "object",
            "properties": {"records": {"type": "array", "items": {"type": "object"}, "minItems": 1}, "keys": _KEYS},
            "required": ["records"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {
                "columns": {"type": "object", "additionalProperties": {"type": "array", "minItems": 1}},
                "keys": _KEYS,
            },
            "required": ["columns"],
            "additionalProperties": False,
        },
    ],
}


def _paths() -> Document:
    name = _parameter("name", "The capability's name.", "flight-delay")
    case = _parameter("case", "The case's id.", "help-desk.0123")
    return {
        "/v1/chat/completions": {"post": _chat()},
        "/v1/capabilities/{name}/predict": {
            "post": _operation("predict", "Predict rows", "Predictions", (*_WITH_BODY, 422), "PredictionRequest"),
            "parameters": [name],
        },
        "/v1/feedback": {
            "post": _operation("feedback", "Say what an answer was worth", "FeedbackTaken", _WITH_BODY, "Feedback", 202)
        },
        "/v1/escalations": {
            "post": _operation(
                "escalate", "Hand a conversation to a person", "Case", _WITH_BODY, "EscalationRequest", 202
            )
        },
        "/v1/escalations/{case}": {
            "get": _operation("case", "Show a case", "Case", (*_WITH_KEY, 403, 404, 429)),
            "parameters": [case],
        },
        "/v1/models": {"get": _operation("models", "List what is served", "Models", _WITH_KEY)},
        "/v1/models/{name}": {
            "get": _operation("model", "Show what is served", "Model", (*_WITH_KEY, 403, 404)),
            "parameters": [name],
        },
        "/v1/capabilities/{name}": {
            "get": _operation("capability", "Show what it takes", "Capability", (*_WITH_KEY, 403, 404)),
            "parameters": [name],
        },
        "/healthz": {"get": _open("alive", "Whether the process lives", _json("Alive"))},
        "/readyz": {"get": _ready()},
        "/metrics": {"get": _open("metrics", "Figures for Prometheus", {"text/plain": {"schema": {"type": "string"}}})},
    }


def _chat() -> Document:
    chat = _operation("chat", "Ask an assistant", "Completion", _WITH_BODY, "ChatRequest")
    chat["description"] = (
        "As OpenAI's API has it; what belongs to the release, such as temperature or a system message, is refused. "
        "With `stream` the answer comes as server-sent events."
    )
    events = "Server-sent events, each with a `chat.completion.chunk`, and `[DONE]` at the end."
    event = {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}, "description": events}
    chat["responses"]["200"]["content"]["text/event-stream"] = {"schema": event}
    return chat


def _ready() -> Document:
    ready = _open("ready", "Whether it can answer, and with which releases", _json("Ready"))
    ready["responses"]["503"] = {"description": "Not everything is loaded.", "content": _json("Ready")}
    return ready


def _operation(
    name: str, summary: str, answer: str, problems: tuple[int, ...], body: str = "", status: int = 200
) -> Document:
    """Return an operation that wants a key."""
    responses = {str(status): {"description": HTTPStatus(status).phrase, "content": _json(answer)}}
    responses |= {str(problem): _problem(problem) for problem in sorted(problems)}
    operation: Document = {"operationId": name, "summary": summary, "responses": responses, "security": [{"key": []}]}
    if body:
        operation["requestBody"] = {"required": True, "content": _json(body)}
    return operation


def _open(name: str, summary: str, content: Document) -> Document:
    """Return an operation that anybody may ask for."""
    responses = {"200": {"description": "OK", "content": content}}
    responses |= {str(problem): _problem(problem) for problem in _ANY_PATH}
    return {"operationId": name, "summary": summary, "responses": responses, "security": []}


def _problem(status: int) -> Document:
    said = _SAID.get(status, HTTPStatus(status).phrase)
    problem: Document = {"description": said, "content": {MEDIA_TYPE: {"schema": _reference("Problem")}}}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        problem["headers"] = _RETRY_AFTER
    return problem


def _parameter(name: str, description: str, example: str) -> Document:
    schema = {"type": "string", "minLength": 1}
    return {
        "name": name, "in": "path", "required": True, "description": description, "schema": schema, "example": example
    }  # fmt: skip


def _json(schema: str) -> Document:
    return {"application/json": {"schema": _reference(schema)}}


def _reference(schema: str) -> Document:
    return {"$ref": f"#/components/schemas/{schema}"}
