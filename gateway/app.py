"""The application: which path is answered by whom, and what every answer has in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from gateway import capabilities, chat, health, predicting
from gateway.dispatch import Dispatch
from gateway.docs import docs_routes
from gateway.edge import Edge
from gateway.handover import Handover
from gateway.metrics.endpoint import MetricsEndpoint
from gateway.openapi import openapi_document
from gateway.page.serving import page_routes
from gateway.problems import CLIENT_GONE, Problem, problem_of, response_to
from gateway.process import tuned_for_serving
from gateway.services import Services
from gateway.visit import Visit, visit_of
from roadworthy.access.admission.overloaded import Overloaded
from roadworthy.errors import RoadworthyError
from roadworthy.telemetry.event import Ending

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

TITLE = "Roadworthy gateway"
DESCRIPTION = "One door to what was released: assistants as OpenAI's API has them, and predictions of trained models."


def create_app(services: Services) -> ASGIApp:
    """Return the gateway as an ASGI application."""
    # Its own document knows no bodies, since the handlers read them themselves; and to redirect what has a slash too
    # many would repeat whatever the client calls this host.
    app = FastAPI(openapi_url=None, redirect_slashes=False, lifespan=_lifespan(services))
    app.state.services = services
    app.add_api_route("/v1/chat/completions", chat.complete_chat, methods=["POST"])
    app.add_api_route("/v1/models", capabilities.list_models, methods=["GET"])
    app.add_api_route("/v1/models/{name}", capabilities.show_model, methods=["GET"])
    app.add_api_route("/v1/capabilities/{name}", predicting.show_capability, methods=["GET"])
    app.add_api_route("/v1/capabilities/{name}/predict", predicting.predict_rows, methods=["POST"])
    app.include_router(_handover(services).router())
    app.add_api_route("/metrics", MetricsEndpoint(services.siblings).read, methods=["GET"])
    app.router.routes.extend([*page_routes(), *docs_routes(openapi_document(TITLE, DESCRIPTION))])
    app.add_api_route("/healthz", health.is_alive, methods=["GET"])
    app.add_api_route("/readyz", health.is_ready, methods=["GET"])
    app.add_exception_handler(Problem, _tell)
    app.add_exception_handler(RoadworthyError, _tell)
    app.add_exception_handler(HTTPException, _tell_http)
    direct = Dispatch(app, {"/v1/chat/completions": chat.complete_chat}, predicting.predict_rows, _tell)
    return Edge(direct, services.door.ids.new, services.deadline_seconds, services.began, services.ended)


def _handover(services: Services) -> Handover:
    async def receive(request: Request, scope: str) -> Visit:
        visit = visit_of(request)
        key = services.door.enter(request, visit)
        services.door.check(key, scope)
        await services.door.count(key)
        return visit

    def pseudonym(tenant: str) -> str:
        return services.pseudonymiser.of(tenant).tenant

    return Handover(receive, services.cases, services.door.ids, pseudonym, services.body)


def _lifespan(services: Services) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await services.start()
        try:
            with tuned_for_serving():
                yield
        finally:
            await services.close()

    return lifespan


def _tell(request: Request, error: Exception) -> Response:
    """Answer with the problem that an error is, and note it for the event."""
    problem = error if isinstance(error, Problem) else _problem(error)
    visit = visit_of(request)
    visit.problem = problem.kind
    if problem.status == CLIENT_GONE:
        visit.ending = Ending.CANCELLED
    return response_to(problem)


def _problem(error: Exception) -> Problem:
    assert isinstance(error, RoadworthyError)  # noqa: S101  (registered for it)
    if isinstance(error, Overloaded):
        return Problem("overloaded", error.status, error.problem, retry_after=error.retry_after_seconds)
    return problem_of(error)


def _tell_http(request: Request, error: Exception) -> Response:
    """Tell what Starlette's router found: no such path, or not this method."""
    assert isinstance(error, HTTPException)  # noqa: S101
    kind = {404: "unknown-path", 405: "wrong-method"}.get(error.status_code, "invalid-request")
    return _tell(request, Problem(kind, error.status_code, error.detail, headers=error.headers or {}))
