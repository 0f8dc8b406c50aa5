"""What `POST /v1/chat/completions` takes: OpenAI's request, as far as a released assistant leaves it to the client."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gateway.pointers import field_problems
from gateway.problems import FieldProblem, Problem, invalid

LONGEST_QUESTION = 32_000
"""Characters; a release's own guards are stricter."""
_RELEASED = frozenset(
    {"temperature", "top_p", "seed", "stop", "max_tokens", "max_completion_tokens", "presence_penalty"}
    | {"frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "tools", "tool_choice", "functions"}
    | {"function_call", "parallel_tool_calls", "response_format", "reasoning_effort", "modalities", "prediction"}
)
"""Parameters of OpenAI's that are part of the release here, so that what was evaluated is what is served."""
_Text = Annotated[str, StringConstraints(max_length=LONGEST_QUESTION)]
_Name = Annotated[str, StringConstraints(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TextPart(_Closed):
    """A piece of a message's content."""

    type: Literal["text"]
    text: _Text


class ChatMessage(_Closed):
    """One turn."""

    role: Literal["user", "assistant"]
    """system and developer are part of the release."""
    content: _Text | Annotated[list[TextPart], Field(max_length=64)]
    name: _Name | None = None

    @property
    def text(self) -> str:
        """The turn's text."""
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class StreamOptions(_Closed):
    """How a stream ends."""

    include_usage: bool = False


class ChatRequest(_Closed):
    """A question to an assistant. The last message is asked; those before it are for the application's own use."""

    model: Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z][a-z0-9-]*$")]
    """The capability's name, such as bank-helpdesk."""
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=200)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: Literal[1] = 1
    user: _Name = ""
    """The customer whom the application has authenticated; tools act for him, and his requests meet one release."""
    conversation: _Name = ""
    """Ours: approvals of tool calls are bound to it."""
    metadata: Annotated[dict[_Name, _Name], Field(max_length=16)] | None = None
    """Taken, and not read."""
    store: bool | None = None
    """Taken, and not read: what is kept is the policy's."""

    @property
    def question(self) -> str:
        """What is asked."""
        return self.messages[-1].text


def parse_chat(body: Any) -> ChatRequest:
    """Return the request. Raises `Problem` that names each wrong field."""
    if isinstance(body, dict):
        released = sorted(_RELEASED & body.keys())
        if released:
            said = "is part of the release and can't be set by a request"
            raise invalid(
                "the request sets what belongs to the release", *(FieldProblem(f"/{n}", said) for n in released)
            )
    try:
        asked = ChatRequest.model_validate(body)
    except ValidationError as error:
        raise _problem(error, body) from None
    if asked.messages[-1].role != "user":
        raise invalid(
            "the last message is not the user's", FieldProblem(f"/messages/{len(asked.messages) - 1}", "user")
        )
    if not asked.question.strip():
        raise invalid("the question is empty", FieldProblem(f"/messages/{len(asked.messages) - 1}/content", "empty"))
    return asked


def _problem(error: ValidationError, body: Any) -> Problem:
    errors = field_problems(error, body)
    first = errors[0]
    return invalid(f"{first.pointer or 'the body'}: {first.detail}", *errors)
