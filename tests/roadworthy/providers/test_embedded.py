"""embedded: answers depend on the request alone, the model is loaded once and late, and the process stays its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest
from provider_samples import CAPITAL, YES_OR_NO, asking, completed, failure
from servers.small_language_model import SHA256

from roadworthy.digest import digest_file
from roadworthy.providers.embedded import EmbeddedProvider
from roadworthy.providers.engine import Engine, load_engine
from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Request

RULES = "Answer briefly and politely, with facts only, and say that you do not know when you do not know. " * 4
"""Long enough that the kernels for long and for short inputs both have their part in it."""

QUESTIONS = [RULES + "How do I open an account?", RULES + "How do I open a savings account?", RULES + CAPITAL]

PROGRAM = """
import asyncio, sys
from pathlib import Path
from roadworthy.providers.embedded import EmbeddedProvider
from roadworthy.providers.interface import Message, Request, Sampling

provider = EmbeddedProvider(Path(sys.argv[1]), sys.argv[2], context_tokens=512)
print("xllamacpp" in sys.modules)
request = Request((Message("user", "Name the capital of France."),), Sampling(max_tokens=int(sys.argv[3])))

async def main():
    if sys.argv[4] == "whole":
        print((await provider.complete(request)).finish)
    else:
        pieces = provider.stream(request)
        await anext(pieces)
        print("begun", flush=True)
        async for _ in pieces:
            pass

asyncio.run(main())
"""


def certainties(provider: EmbeddedProvider, order: list[str]) -> dict[str, float]:
    """How sure the model is of its first word, to the last bit, by question, asked in this order."""
    choices = ("A", "I", "L", "S", "T", "W", "Y")

    async def ask() -> dict[str, Completion]:
        return {text: await provider.complete(asking(text, choices=choices)) for text in order}

    return {text: said.choice_logprobs[said.text] for text, said in asyncio.run(ask()).items()}


def test_an_answer_does_not_depend_on_what_was_asked_before(embedded: EmbeddedProvider) -> None:
    """The prefix cache saves time and changes no bit: what is kept of other prompts is as if computed anew."""
    forwards = certainties(embedded, [CAPITAL, *QUESTIONS])
    assert certainties(embedded, [CAPITAL, *QUESTIONS[::-1]]) == forwards


def test_threads_change_no_bit(embedded: EmbeddedProvider, small_language_model: Path) -> None:
    """So they are no part of the identity."""
    other = EmbeddedProvider(small_language_model, SHA256, context_tokens=1024, threads=2)
    assert other.identity == embedded.identity
    assert certainties(other, [CAPITAL]) == certainties(embedded, [CAPITAL])
    asyncio.run(other.close())


def test_requests_at_the_same_time_are_answered_one_by_one(embedded: EmbeddedProvider) -> None:
    """With the answers that each would get alone."""
    requests = [asking(text) for text in (CAPITAL, YES_OR_NO, CAPITAL)]

    async def together() -> list[Completion]:
        return await asyncio.gather(*map(embedded.complete, requests))

    alone = [asyncio.run(embedded.complete(request)).text for request in requests]
    assert [said.text for said in asyncio.run(together())] == alone


def test_a_caller_who_gives_up_stops_the_model(small_language_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long answer that nobody waits for ends at the next token, so that the next caller gets his turn."""
    engine = Counting(load_engine(small_language_model, 512, 1))
    monkeypatch.setattr("roadworthy.providers.embedded.load_engine", lambda *_: engine)
    provider = EmbeddedProvider(small_language_model, SHA256)

    async def give_up() -> None:
        pieces = provider.stream(asking("Tell me a long story.", max_tokens=300))
        await anext(pieces)
        await pieces.aclose()  # type: ignore[attr-defined]
        await provider.complete(asking(CAPITAL, max_tokens=1))

    asyncio.run(give_up())
    abandoned, _ = engine.heard
    assert 1 <= abandoned < 100


@pytest.mark.parametrize(
    ("request_", "kind", "words"),
    [
        (asking("word " * 2000), FailureKind.TOO_LONG, "tokens, the model reads 1024"),
        (asking(CAPITAL, schema={"type": "strange"}), FailureKind.REFUSED, "strange"),
        (asking(CAPITAL, max_tokens=2, schema={"type": "object"}), FailureKind.TRUNCATED, "cut off"),
    ],
)
def test_what_the_model_can_not_do_is_named(
    embedded: EmbeddedProvider, request_: Request, kind: FailureKind, words: str
) -> None:
    """And the model goes on working."""

    async def ask() -> Completion:
        return await embedded.complete(request_)

    with pytest.raises(CallFailed) as caught:
        asyncio.run(ask())
    assert caught.value.kind is kind
    assert words in caught.value.problem
    assert "smollm2" in (caught.value.where or "")
    assert caught.value.remedy
    assert "Paris" in asyncio.run(embedded.complete(asking(CAPITAL))).text


def test_weights_that_are_not_the_pinned_ones_are_not_loaded(tmp_path: Path) -> None:
    """Whatever they are; nor is a file that is not there."""
    (tmp_path / "model.gguf").write_bytes(b"something else")
    failed = failure(EmbeddedProvider(tmp_path / "model.gguf", SHA256), asking(CAPITAL))
    assert failed.kind is FailureKind.BROKEN_MODEL
    assert SHA256 in failed.problem
    assert failure(EmbeddedProvider(tmp_path / "none.gguf", SHA256), asking(CAPITAL)).kind is FailureKind.BROKEN_MODEL


@pytest.mark.parametrize("keep", [0, 1000, 1_000_000])
def test_a_broken_model_that_is_pinned_fails_cleanly(small_language_model: Path, tmp_path: Path, keep: int) -> None:
    """A file that is empty, or ends in its head or in its middle, is no crash."""
    path = tmp_path / "model.gguf"
    path.write_bytes(small_language_model.read_bytes()[:keep])
    failed = failure(EmbeddedProvider(path, digest_file(path)), asking(CAPITAL))
    assert failed.kind is FailureKind.BROKEN_MODEL
    assert "can't be loaded" in failed.problem


def test_a_closed_model_is_loaded_again_when_it_is_asked(small_language_model: Path) -> None:
    """Closing gives back memory, it does not end the provider."""
    provider = EmbeddedProvider(small_language_model, SHA256, context_tokens=256)
    first = completed(provider, asking(CAPITAL, max_tokens=2))
    assert completed(provider, asking(CAPITAL, max_tokens=2)).text == first.text


def test_nobody_else_can_use_the_librarys_server(small_language_model: Path) -> None:
    """It listens on the loopback, but answers nobody, and Ctrl+C and SIGTERM stay ours."""
    caught: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: caught.append(number))
    try:
        # In a thread, as the provider does it.
        engines: list[object] = []
        thread = threading.Thread(target=lambda: engines.append(load_engine(small_language_model, 256, 1)))
        thread.start()
        thread.join()
        os.kill(os.getpid(), signal.SIGTERM)
        assert caught == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
    address = engines[0].listening_address  # type: ignore[attr-defined]
    assert address.startswith("http://127.0.0.1:")
    for path, body in {"/v1/chat/completions": b'{"messages": []}', "/slots": None, "/props": None}.items():
        with pytest.raises(HTTPError) as refused:
            urlopen(HttpRequest(address + path, data=body))  # noqa: S310
        assert refused.value.code == 401


@dataclass
class Counting:
    """A real engine that counts how often it said something, for each request."""

    engine: Engine
    heard: list[int] = field(default_factory=list)

    def handle_chat_completions(self, prompt: dict[str, Any], callback: Callable[[dict[str, Any]], bool]) -> None:
        """Pass on and count."""
        self.heard.append(0)

        def count(chunk: dict[str, Any]) -> bool:
            self.heard[-1] += 1
            return callback(chunk)

        self.engine.handle_chat_completions(prompt, count)


def run(weights: Path, tokens: int, how: str) -> subprocess.Popen[str]:
    """Start a program of its own that asks the model and never closes it."""
    command = [sys.executable, "-c", PROGRAM, str(weights), SHA256, str(tokens), how]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_program_that_forgets_to_close_ends_by_itself(small_language_model: Path) -> None:
    """Without a hang, a crash or a word on stderr; and nothing was imported before the first request."""
    with run(small_language_model, 5, "whole") as process:
        said, complaints = process.communicate(timeout=60)
    assert (said.split(), complaints, process.returncode) == (["False", "length"], "", 0)


def test_ctrl_c_ends_a_program_while_the_model_speaks(small_language_model: Path) -> None:
    """The signal is Python's again after the library took it, and the thread lets go."""
    with run(small_language_model, 400, "stream") as process:
        assert process.stdout is not None
        assert [process.stdout.readline().strip() for _ in range(2)] == ["False", "begun"]
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in complaints
    assert process.returncode in (130, -signal.SIGINT)
