"""Puts a streamed answer of an OpenAI-compatible endpoint together, chunk by chunk."""

from __future__ import annotations

from typing import Any, Literal

from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Request, Usage
from roadworthy.providers.openai_failures import filtered, garbage
from roadworthy.providers.wire import most_usage


class StreamedAnswer:
    """Hears chunks, JSON values of which each field may be missing or of another type."""

    def __init__(self, model: str, where: str) -> None:
        self._model = model
        self._where = where
        self._begun = False
        self._said: list[str] = []
        self._finish: str | None = None
        self._usage: Usage | None = None

    def hear(self, chunk: Any) -> str:
        """Return the text that a chunk adds."""
        self._begun = True
        named, usage = _field(chunk, "model"), _field(chunk, "usage")
        if isinstance(named, str) and named:
            self._model = named
        if usage is not None:
            self._usage = _counted(usage) or self._usage
        choices = _field(chunk, "choices")
        piece = self._hear_choice(choices[0]) if isinstance(choices, list) and choices else ""
        self._said.append(piece)
        return piece

    def completion(self, request: Request, seconds: float) -> Completion:
        """Return the whole answer; raise `CallFailed` for one that was none, was withheld, or ends in the middle."""
        if not self._begun:
            raise garbage(self._where)
        if self._finish is None:
            problem = "the answer ends in the middle"
            raise CallFailed(problem, kind=FailureKind.CONNECTION, where=self._where, remedy="ask again")
        if self._finish == "content_filter":
            raise filtered(self._where)
        finish: Literal["stop", "length"] = "length" if self._finish == "length" else "stop"
        usage = self._usage or most_usage(request)
        return Completion("".join(self._said), finish, self._model, usage, seconds)

    def _hear_choice(self, choice: Any) -> str:
        self._finish = _field(choice, "finish_reason") or self._finish
        delta = _field(choice, "delta")
        said = _field(delta, "content") or _field(delta, "refusal")
        # JSON may escape half a character, which no file takes.
        return said.encode(errors="replace").decode() if isinstance(said, str) else ""


def _counted(usage: Any) -> Usage | None:
    read, written = _field(usage, "prompt_tokens"), _field(usage, "completion_tokens")
    return Usage(read, written) if isinstance(read, int) and isinstance(written, int) else None


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
