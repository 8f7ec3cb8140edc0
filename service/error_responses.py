"""Errors as responses: OpenAI's shape for its part of the addresses, problems for the rest."""

from __future__ import annotations

from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import Scope

from service.errors import Told, told
from service.openai_api import PREFIX, error_body


def respond(scope: Scope, error: Told) -> Response:
    """The response to the request that failed, whose log line gets the reason."""
    scope.setdefault("state", {})["reason"] = error.reason
    if not scope["path"].removeprefix(scope.get("root_path", "")).startswith(f"{PREFIX}/"):
        return error.response()
    status = 400 if error.status == 422 else error.status
    return Response(orjson.dumps(error_body(error)), status, error.headers, "application/json")


async def _http(request: Request, error: StarletteHTTPException) -> Response:
    problem = told(error)
    if problem.detail == HTTPStatus(problem.status).phrase:  # the framework's own 404 and 405
        detail = f"{request.method} {request.url.path} is not something that this service does."
        problem = Told(problem.status, detail, problem.headers)
    return respond(request.scope, problem)


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    return respond(request.scope, told(error))


def install(app: FastAPI) -> None:
    """Answer the framework's errors so; the service's own are the middleware's."""
    app.exception_handler(StarletteHTTPException)(_http)
    app.exception_handler(RequestValidationError)(_invalid)
