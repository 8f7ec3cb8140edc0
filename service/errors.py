"""Errors as clients see them: RFC 9457 problems (https://www.rfc-editor.org/rfc/rfc9457)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from service.answers import UpstreamBusy, UpstreamError, UpstreamTimeout
from service.engine import Overloaded

MEDIA_TYPE = "application/problem+json"


class Problem(HTTPException):
    """An HTTP error; `detail` is one sentence or two for the person who reads the response."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, dict(headers or {}))


def problem(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """The response that tells of a problem. `errors`: a pointer and a detail for each bad field."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def invalid(field: str, message: str) -> RequestValidationError:
    """The error for a field of the body that only a setting can refuse."""
    return RequestValidationError([{"type": "refused", "loc": ("body", field), "msg": message}])


async def _http(request: Request, error: StarletteHTTPException) -> Response:
    detail = str(error.detail)
    if detail == HTTPStatus(error.status_code).phrase:  # the framework's own 404 and 405
        detail = f"{request.method} {request.url.path} is not something that this service does."
    return problem(error.status_code, detail, headers=error.headers)


async def _validation(request: Request, error: RequestValidationError) -> Response:
    # Never the input: it is the visitor's question.
    if any(e["type"] == "json_invalid" for e in error.errors()):
        return problem(422, "The body is not valid JSON.")
    errors = [{"pointer": _pointer(e["loc"]), "detail": str(e["msg"])} for e in error.errors()]
    where = "; ".join(f"{e['pointer']}: {e['detail']}" for e in errors)
    return problem(422, f"The request is not valid: {where}.", errors=errors)


def _pointer(loc: Sequence[Any]) -> str:
    """The place of an error as a JSON pointer into the body, "#" for the whole of it."""
    steps = [str(step) for step in loc[1:] if isinstance(step, str)]
    return "#" + "".join(f"/{step}" for step in steps)


async def _overloaded(request: Request, error: Overloaded) -> Response:
    detail = "Too many questions at once. Try again in a moment."
    return problem(503, detail, headers={"Retry-After": "1"})


async def _upstream(request: Request, error: UpstreamError) -> Response:
    if isinstance(error, UpstreamBusy):
        retry_after = str(math.ceil(error.retry_after_s))
        return problem(503, str(error), headers={"Retry-After": retry_after})
    return problem(504 if isinstance(error, UpstreamTimeout) else 502, str(error))


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem, but the unexpected ones: those are the middleware's."""
    app.exception_handler(StarletteHTTPException)(_http)
    app.exception_handler(RequestValidationError)(_validation)
    app.exception_handler(Overloaded)(_overloaded)
    app.exception_handler(UpstreamError)(_upstream)
