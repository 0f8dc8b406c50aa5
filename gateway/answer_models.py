"""What answers look like, for the OpenAPI document alone: the handlers write them without these, which is faster."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from roadworthy.providers.fallback import Fallback

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="The release's digest.")]
RequestId = Annotated[str, Field(pattern="^[0-9a-v]{32}$")]
ReleaseName = Annotated[str, Field(description="The release as people write it.", examples=["bank-helpdesk@3"])]
Arm = Annotated[str, Field(description="The part of the split that answered: production, canary or an experiment's.")]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldProblem(_Answer):
    """What is wrong at one place of the request."""

    pointer: str = Field(description="A JSON pointer (RFC 6901) into the body, or a header's name in angle brackets.")
    detail: str


class OpenAiError(_Answer):
    """The same for clients that expect OpenAI's errors."""

    message: str
    type: str
    code: str
    param: str | None


class Problem(_Answer):
    """A problem document (RFC 9457)."""

    type: str = Field(pattern="^urn:roadworthy:problem:[a-z-]+$")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    errors: list[FieldProblem] = []
    error: OpenAiError


class Usage(_Answer):
    """Tokens."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    total_tokens: int = Field(ge=0)


class Citation(_Answer):
    """A passage that the text refers to by its number."""

    number: int = Field(ge=1)
    document: str
    title: str
    text: str
    start: int
    end: int


class Call(_Answer):
    """A tool that was called, or was not."""

    tool: str
    verdict: str
    approval_request: str | None = Field(description="Where a person has to approve it first: what to ask about.")


class Extension(_Answer):
    """Where an answer comes from, and what it rests on."""

    request_id: RequestId = Field(description="What feedback refers to.")
    release: ReleaseName
    digest: Digest
    arm: Arm
    outcome: Literal["answered", "refused", "unknown", "confirm", "failed"]
    citations: list[Citation]
    calls: list[Call]
    fallback: Fallback
    retracted: str | None = Field(description="In a stream: what was shown is to be taken back, and this shown.")
    cached: bool


class Message(_Answer):
    """What the assistant says."""

    role: Literal["assistant"]
    content: str
    refusal: None


class Choice(_Answer):
    """The one answer."""

    index: Literal[0]
    message: Message
    finish_reason: Literal["stop", "content_filter"]
    logprobs: None


class Completion(_Answer):
    """A whole answer, as OpenAI has it; a stream's pieces are `chat.completion.chunk`, as OpenAI has them, too."""

    id: str = Field(pattern="^chatcmpl-[0-9a-v]{32}$")
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice] = Field(min_length=1, max_length=1)
    usage: Usage
    roadworthy: Extension


class Model(_Answer):
    """A capability that is served."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    kind: Literal["assistant", "model"]
    release: ReleaseName
    digest: Digest
    arm: Arm
    description: str
    switched_off: list[str]


class Models(_Answer):
    """All of them."""

    object: Literal["list"]
    data: list[Model]


class Capability(_Answer):
    """What a capability takes."""

    name: str
    kind: Literal["assistant", "model"]
    description: str
    release: ReleaseName
    digest: Digest
    arm: Arm
    schema_: dict[str, Any] = Field({}, alias="schema", description="Of a model: the JSON Schema of a record.")
    example: dict[str, Any] = Field({}, description="Of a model: a record that it predicts.")


class Score(_Answer):
    """One row's."""

    score: float = Field(ge=0, le=1)


class Predictions(_Answer):
    """A score for each row, in order."""

    capability: str
    release: ReleaseName
    digest: Digest
    arm: Arm
    predictions: list[Score] = Field(min_length=1)


class FeedbackTaken(_Answer):
    """Feedback was noted."""

    id: RequestId
    request: RequestId


class Case(_Answer):
    """How far a case has come."""

    id: str
    state: Literal["open", "taken", "answered", "closed"]
    opened_at: AwareDatetime
    answer: str = ""
    answered_at: AwareDatetime | None = None


class Alive(_Answer):
    """The process lives."""

    status: Literal["ok"]


class Ready(_Answer):
    """Whether everything that is in production is loaded."""

    status: Literal["ready", "not ready"]
    ledger_age_seconds: float
    serving: dict[str, dict[str, str]] = Field(description="By capability and arm, the release that serves.")
    could_not_load: list[str]
