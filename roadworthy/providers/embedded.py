"""A language model from a GGUF file, in this process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from roadworthy.digest import SHORT, digest_file
from roadworthy.providers.embedded_answer import completion_of, piece_of, raise_error
from roadworthy.providers.engine import Engine, load_engine
from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Request
from roadworthy.providers.wire import chat_body, checked

LIKELIEST = 100
"""How many first tokens are looked at for `choices`."""

Chunk = dict[str, Any]


class EmbeddedProvider:
    """Loads its model on first use, once; answers one request after the other, in a thread of its own.

    `sha256` is the weights' digest, checked when they are loaded. `threads` changes the speed, not the answers.
    """

    def __init__(
        self, weights: Path, sha256: str, *, name: str | None = None, context_tokens: int = 4096, threads: int = 1
    ) -> None:
        self._weights = weights
        self._sha256 = sha256
        self._name = name or sha256[:SHORT]
        self._context_tokens = context_tokens
        self._threads = threads
        self._engine: Engine | None = None
        self._worker = ThreadPoolExecutor(1, "embedded-model")

    @property
    def identity(self) -> Mapping[str, Any]:
        """The weights, which hold their tokenizer and chat template, the context, and the library that computes."""
        return {
            "kind": "embedded",
            "sha256": self._sha256,
            "context_tokens": self._context_tokens,
            "engine": f"xllamacpp {version('xllamacpp')}",
        }

    async def complete(self, request: Request) -> Completion:
        """Return the whole answer; when the caller gives up, the model stops at the next token."""
        stopped = threading.Event()
        try:
            chunks, seconds = await asyncio.get_running_loop().run_in_executor(
                self._worker, self._generate, request, _nobody, stopped
            )
        finally:
            stopped.set()
        return checked(completion_of(chunks, request, self._name, seconds), request, self._where)

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield the answer's text token by token, and the completion; what `choices` gives is one piece."""
        if request.choices:
            chosen = await self.complete(request)
            yield chosen.text
            yield chosen
            return
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        stopped = threading.Event()

        def say(piece: str) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        work = loop.run_in_executor(self._worker, self._generate, request, say, stopped)
        work.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            chunks, seconds = await work
            yield checked(completion_of(chunks, request, self._name, seconds), request, self._where)
        finally:
            stopped.set()

    def warm(self) -> None:
        """See `Provider.warm`: check and load the weights."""
        self._worker.submit(self._loaded).result()

    async def close(self) -> None:
        """Give the model's memory back; a later request would load it again."""
        await asyncio.get_running_loop().run_in_executor(self._worker, self._unload)

    def _generate(
        self, request: Request, say: Callable[[str], None], stopped: threading.Event
    ) -> tuple[list[Chunk], float]:
        engine = self._loaded()
        started = time.perf_counter()
        chunks: list[Chunk] = []

        def hear(chunk: Chunk) -> bool:
            chunks.append(chunk)
            if piece := piece_of(chunk):
                say(piece)
            return stopped.is_set()

        # Progress is asked for so that `hear` is called, and may say stop, while a long prompt is read.
        body = chat_body(request, LIKELIEST) | {"stream": True, "return_progress": True, "cache_prompt": True}
        try:
            engine.handle_chat_completions(body | {"stream_options": {"include_usage": True}}, hear)
        except (ValueError, RuntimeError) as error:
            raise CallFailed(
                f"the model's runtime does not take the request: {error}",
                kind=FailureKind.REFUSED,
                where=self._where,
                remedy="check the JSON schema and the order of the messages' roles",
            ) from error
        raise_error(chunks, self._where)
        return chunks, time.perf_counter() - started

    def _loaded(self) -> Engine:
        if self._engine is None:
            self._check_weights()
            try:
                self._engine = load_engine(self._weights, self._context_tokens, self._threads)
            except RuntimeError as error:
                raise self._broken("the weights can't be loaded", "use a GGUF file that llama.cpp knows") from error
        return self._engine

    def _check_weights(self) -> None:
        try:
            actual = digest_file(self._weights)
        except OSError as error:
            raise self._broken(f"the weights can't be read: {error.strerror}", "fetch them again") from error
        if actual != self._sha256:
            problem = f"the weights are not the pinned ones: their sha256 is {actual}, pinned is {self._sha256}"
            raise self._broken(problem, "fetch them again, or pin what you have")

    def _broken(self, problem: str, remedy: str) -> CallFailed:
        return CallFailed(problem, kind=FailureKind.BROKEN_MODEL, where=self._where, remedy=remedy)

    def _unload(self) -> None:
        self._engine = None

    @property
    def _where(self) -> str:
        return f"embedded model {self._name} ({self._weights.name})"


def _nobody(_: str) -> None:
    """Hear the pieces of an answer that is returned as a whole."""
