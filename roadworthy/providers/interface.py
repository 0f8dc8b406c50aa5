"""What every provider of a language model does, and the values that go in and come out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn; it is part of what an answer is cached by."""

    temperature: float = 0.0
    max_tokens: int = 400
    """The response length limit, in tokens."""
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """Everything that a completion depends on, besides the provider's own configuration."""

    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    schema: Mapping[str, Any] | None = None
    """A JSON schema that the answer has to satisfy; None means free text."""
    choices: tuple[str, ...] = ()
    """Ask for the log-probability of each of these as the first token, instead of a text; for judges."""


@dataclass(frozen=True)
class Usage:
    """What a completion cost, in tokens."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    """The endpoint did not tell: these are upper bounds, not counts."""


@dataclass(frozen=True)
class Completion:
    """What the model said."""

    text: str
    finish: Literal["stop", "length"]
    """length: the response was cut off at `max_tokens`."""
    model: str
    usage: Usage
    seconds: float
    """Wall time; of the first time, when it was cached."""
    cached: bool = False
    choice_logprobs: Mapping[str, float] = field(default_factory=dict)
    """By choice, its natural log-probability; −inf where the model did not report it."""


class Provider(Protocol):
    """A language model. Raises `ProviderFailed` (an `Unavailable`) and nothing else once it is made."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """The full configuration as JSON values, without secrets: it goes into the manifest and into cache keys."""

    async def complete(self, request: Request) -> Completion:
        """Return the whole answer."""

    def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield the answer's text piece by piece, and at last the completion, whose text is all pieces together.

        Closing the iterator stops the model: close it, with `aclosing`, when it is not read to its end.
        """

    def warm(self) -> None:
        """Load what the first request would have to load. Takes its time, so not for an event loop; asks nobody."""

    async def close(self) -> None:
        """Give back what it holds."""
