"""Keeps answers by provider and request, so that an evaluation that runs twice costs once.

Every complete answer is kept, also one drawn at a temperature above 0: the request holds the seed, so the same request
asks for the same draw; who wants another draw gives another seed. Failures are never kept.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, ValidationError, model_serializer

from roadworthy.atomic import write_bytes
from roadworthy.canonical import canonical_json, readable_json
from roadworthy.digest import digest_bytes
from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Provider, Request, Usage

log = logging.getLogger(__name__)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    text: str
    finish: Literal["stop", "length"]
    model: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    choice_logprobs: dict[str, float | None]
    estimated: bool = False

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what most answers don't have: what was kept before it existed keeps its digest."""
        written: dict[str, Any] = write(self)
        if not self.estimated:
            del written["estimated"]
        return written


class _Entry(BaseModel):
    """What one file holds."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: str
    sha256: str
    """Of the answer's canonical JSON: a flipped bit in a text is seen."""
    answer: _Answer


class Cached:
    """Wraps a provider; `folder` holds one file per answer, unencrypted, with what the model said."""

    def __init__(self, provider: Provider, folder: Path) -> None:
        self._provider = provider
        self._folder = folder

    @property
    def identity(self) -> Mapping[str, Any]:
        """The wrapped provider's own."""
        return self._provider.identity

    async def complete(self, request: Request) -> Completion:
        """Return the answer that is kept, marked `cached`, or a new one."""
        key = request_key(self.identity, request)
        kept = await asyncio.to_thread(self._read, key)
        if kept is not None:
            return _completion(kept)
        completion = await self._provider.complete(request)
        await asyncio.to_thread(self._keep, key, _answer(completion))
        return completion

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield the answer that is kept in one piece, or a new one as it comes; that is kept when it ended well."""
        key = request_key(self.identity, request)
        kept = await asyncio.to_thread(self._read, key)
        if kept is not None:
            if kept.text:
                yield kept.text
            yield _completion(kept)
            return
        async with aclosing(self._provider.stream(request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, Completion):
                    await asyncio.to_thread(self._keep, key, _answer(piece))
                yield piece

    def warm(self) -> None:
        """See `Provider.warm`."""
        self._provider.warm()

    async def close(self) -> None:
        """Close the wrapped provider; what is kept stays."""
        await self._provider.close()

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"

    def _read(self, key: str) -> _Answer | None:
        """Return what is kept; a file that is damaged, or another's, counts as not there."""
        try:
            entry = _Entry.model_validate_json(self._path(key).read_bytes())
        except (OSError, ValidationError):
            return None
        if entry.key != key or entry.sha256 != _digest(entry.answer):
            return None
        self._mark_used(key)
        return entry.answer

    def _mark_used(self, key: str) -> None:
        """Set the time of access by hand, since many disks don't: what nobody uses any more is removed."""
        with suppress(OSError):
            os.utime(self._path(key), ns=(time.time_ns(), self._path(key).stat().st_mtime_ns))

    def _keep(self, key: str, answer: _Answer) -> None:
        entry = _Entry(key=key, sha256=_digest(answer), answer=answer)
        try:
            write_bytes(self._path(key), readable_json(entry.model_dump()))
        except OSError as error:
            # The answer is there; that it will cost again is no reason to lose it.
            log.warning("an answer could not be kept in %s: %s", self._folder, error.strerror)


def request_key(identity: Mapping[str, Any], request: Request) -> str:
    """Return the digest that an answer is kept by: of the provider's identity and the whole request.

    Raises `CallFailed` for a request that no endpoint could be sent either.
    """
    try:
        return digest_bytes(canonical_json({"identity": dict(identity), "request": asdict(request)}))
    except ValueError as error:
        raise CallFailed(
            "the request can't be written as JSON",
            kind=FailureKind.REFUSED,
            where="a message, the schema, or the seed",
            remedy="leave out lone surrogates and numbers beyond 2^53",
        ) from error


def _answer(completion: Completion) -> _Answer:
    logprobs = {name: value if math.isfinite(value) else None for name, value in completion.choice_logprobs.items()}
    return _Answer(
        text=completion.text,
        finish=completion.finish,
        model=completion.model,
        prompt_tokens=completion.usage.prompt_tokens,
        completion_tokens=completion.usage.completion_tokens,
        seconds=completion.seconds,
        choice_logprobs=logprobs,
        estimated=completion.usage.estimated,
    )


def _completion(answer: _Answer) -> Completion:
    logprobs = {name: -math.inf if value is None else value for name, value in answer.choice_logprobs.items()}
    usage = Usage(answer.prompt_tokens, answer.completion_tokens, answer.estimated)
    return Completion(answer.text, answer.finish, answer.model, usage, answer.seconds, True, logprobs)


def _digest(answer: _Answer) -> str:
    return digest_bytes(canonical_json(answer.model_dump()))
