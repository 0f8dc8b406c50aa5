"""An OpenAI-compatible endpoint on the loopback that answers every request after a fixed time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from servers.misbehaving_endpoint import FINISHED, Endpoint, Handler, running_endpoint


@contextmanager
def running_slow_endpoint(seconds: float, text: str) -> Iterator[Endpoint]:
    """Serve on a free port; each request waits by itself, as at an endpoint with room for all of them."""
    message = {"role": "assistant", "content": text}
    said = FINISHED | {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    body = json.dumps(said).encode()

    def answer(handler: Handler) -> None:
        # No synchronisation: this is the model that thinks.
        handler.endpoint.closing.wait(seconds)
        handler.send(200, body)

    with running_endpoint([answer]) as endpoint:
        yield endpoint
