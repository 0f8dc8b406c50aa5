"""Loads a GGUF model with xllamacpp so that its answers don't depend on what was asked before, and nothing leaks."""

from __future__ import annotations

import ctypes
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

BATCH_TOKENS = 256
"""How many prompt tokens are computed between two looks at whether anybody still waits; it changes no answer."""

PROMPTS_MEBIBYTES = 256
"""So much memory holds prompts that were read before: some 9,000 tokens of a model of 1.5 billion parameters."""

SIGACTION_BYTES = 1024
"""More than `struct sigaction` takes on any system."""


class Engine(Protocol):
    """What we use of `xllamacpp.Server`."""

    def handle_chat_completions(self, prompt: dict[str, Any], callback: Callable[[dict[str, Any]], bool]) -> None:
        """Call back with each piece of the answer, in this thread, until it ends or the callback returns True.

        Raises `ValueError` or `RuntimeError` for a request that can't be begun.
        """


def load_engine(weights: Path, context_tokens: int, threads: int) -> Engine:
    """Load the model; blocks for seconds. Raises `RuntimeError` when the file is no model that it knows."""
    # Late imports: start-up time.
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.n_ctx = context_tokens
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    # One answer at a time: answers that are computed together change each other's last digits.
    parameters.n_parallel = 1
    # With flash attention an answer depends on how much of its prompt was cached; without, it does not, to the bit.
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    # The slot keeps the last prompt. Earlier ones are kept here, so that two prompts that take turns are not read anew
    # each time; the library's own bound is 8 GiB.
    parameters.cache_ram_mib = PROMPTS_MEBIBYTES
    parameters.warmup = False
    # The context is what was asked for, whatever memory is free.
    parameters.fit_params = False
    parameters.verbosity = -1
    _lock_the_door(parameters)
    with _own_signal_handlers():
        engine: Engine = xllamacpp.Server(parameters)
    return engine


def _lock_the_door(parameters: Any) -> None:
    """The library opens an HTTP server on the loopback, which nobody shall use: a key that nobody knows."""
    parameters.api_keys = [secrets.token_hex(32)]
    parameters.ui = parameters.endpoint_slots = parameters.endpoint_props = False
    parameters.n_threads_http = 1


@contextmanager
def _own_signal_handlers() -> Iterator[None]:
    """Put back the handlers of SIGINT and SIGTERM: the library takes them, and Ctrl+C would no longer end us.

    By sigaction(2), because Python's `signal.signal` is refused outside the main thread.
    """
    libc = ctypes.CDLL(None)
    before = {number: ctypes.create_string_buffer(SIGACTION_BYTES) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, action in before.items():
        libc.sigaction(int(number), None, action)
    try:
        yield
    finally:
        for number, action in before.items():
            libc.sigaction(int(number), action, None)
