"""A real OpenAI-compatible server with a real model: xllamacpp's own, in a process that does nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEY = "a-key-for-tests"

# Its standard input is its life line: it ends when the test process closes it, or dies.
PROGRAM = """
import sys, xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.model_alias = sys.argv[1], {"smollm2"}
parameters.n_ctx = 2048
parameters.n_parallel = parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
parameters.api_keys = [sys.argv[2]]
parameters.warmup, parameters.verbosity = False, -1
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@contextmanager
def running_language_model_server(weights: Path) -> Iterator[str]:
    """Yield the base URL of a server that wants `KEY`."""
    command = [sys.executable, "-c", PROGRAM, str(weights), KEY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip() + "/v1"
        finally:
            process.stdin.close()
            process.wait(30)
