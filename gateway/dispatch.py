"""The short way for the paths that carry the traffic: FastAPI's router would be a third of what they cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from gateway.problems import Problem
from roadworthy.errors import RoadworthyError

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

Handler = Callable[[Request], Awaitable["Response"]]
_PREDICT = "/v1/capabilities/", "/predict"


@dataclass(frozen=True)
class Dispatch:
    """Calls the handlers of `posts` (by path) and `predict` itself, and leaves everything else to `app`.

    The same handlers are declared with `app`, which describes them in OpenAPI.
    """

    app: ASGIApp
    posts: Mapping[str, Handler]
    predict: Handler
    tell: Callable[[Request, Exception], Response]
    """Makes a response of a `Problem` or a `RoadworthyError`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        handler = self._handler(scope) if scope["type"] == "http" and scope["method"] == "POST" else None
        if handler is None:
            await self.app(scope, receive, send)
            return
        scope["app"] = self.app
        request = Request(scope, receive, send)
        try:
            response = await handler(request)
        except (Problem, RoadworthyError) as error:
            response = self.tell(request, error)
        await response(scope, receive, send)

    def _handler(self, scope: Scope) -> Handler | None:
        path: str = scope["path"]
        found = self.posts.get(path)
        before, after = _PREDICT
        if found is None and path.startswith(before) and path.endswith(after):
            name = path[len(before) : -len(after)]
            if name and "/" not in name:
                scope["path_params"] = {"name": name}
                return self.predict
        return found
