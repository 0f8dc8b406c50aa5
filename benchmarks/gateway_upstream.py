"""A trivial OpenAI-compatible endpoint: whatever it is asked, it answers the same text at once, or after a pause.

`python -m benchmarks.gateway_upstream --port 9000`. Written on a bare asyncio protocol, so that next to nothing of what
is measured is its own time. `{model}` in the text becomes the name of the model that was asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from typing import cast

import orjson
import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MODEL = re.compile(rb'"model": ?"([^"\\]*)"')


class _Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self, text: str, pause: float) -> None:
        self._text, self._pause = text, pause
        self._buffer = b""
        self._answers: dict[bytes, bytes] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is none by its class.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, end + 2)
        if len(self._buffer) < end + 4 + int(length[1] if length else 0):
            return
        model = _MODEL.search(self._buffer, end)
        self._buffer = b""
        self._answer(model[1] if model else b"")

    def _answer(self, model: bytes) -> None:
        if model not in self._answers:
            self._answers[model] = _response(model.decode(), self._text)
        if self._pause:
            asyncio.get_running_loop().call_later(self._pause, self._transport.write, self._answers[model])
        else:
            self._transport.write(self._answers[model])


def _response(model: str, text: str) -> bytes:
    message = {"role": "assistant", "content": text.replace("{model}", model), "refusal": None}
    body = orjson.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
            "usage": {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52},
        }
    )
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(port: int, text: str, pause: float) -> None:
    """Serve until somebody stops it."""
    server = await asyncio.get_running_loop().create_server(lambda: _Answering(text, pause), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Read the command line, and serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--text", default="The {model} account has a monthly fee of 4 dollars [1].")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(given.port, given.text, given.pause))


if __name__ == "__main__":
    main()
