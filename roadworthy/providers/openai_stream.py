"""Puts a streamed answer of an OpenAI-compatible endpoint together, chunk by chunk."""

from __future__ import annotations

from typing import Any, Literal

from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Request, Usage
from roadworthy.providers.openai_failures import filtered, garbage
from roadworthy.providers.wire import most_usage


class StreamedAnswer:
    """Hears the SDK's chunks, each of whose fields may be missing or of another type."""

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
        named, usage = getattr(chunk, "model", None), getattr(chunk, "usage", None)
        if isinstance(named, str) and named:
            self._model = named
        if usage is not None:
            self._usage = _counted(usage) or self._usage
        piece = "".join(map(self._hear_choice, (getattr(chunk, "choices", None) or [])[:1]))
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
        self._finish = getattr(choice, "finish_reason", None) or self._finish
        delta = getattr(choice, "delta", None)
        said = getattr(delta, "content", None) or getattr(delta, "refusal", None)
        # JSON may escape half a character, which no file takes.
        return said.encode(errors="replace").decode() if isinstance(said, str) else ""


def _counted(usage: Any) -> Usage | None:
    counts = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    read, written = counts
    return Usage(read, written) if isinstance(read, int) and isinstance(written, int) else None
