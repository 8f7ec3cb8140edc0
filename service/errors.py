"""Errors as clients see them: RFC 9457 problems (https://www.rfc-editor.org/rfc/rfc9457)."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import orjson
from fastapi import HTTPException, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from service.answers import (
    DocumentsUnavailable,
    Overloaded,
    SharedFailure,
    UpstreamBusy,
    UpstreamError,
    UpstreamTimeout,
)
from service.interrupt import Interrupted
from service.logs import trace
from service.sessions import SessionsUnavailable
from service.turns import TurnIdUsed

MEDIA_TYPE = "application/problem+json"
#: Why a request was refused that might have been answered at another time, or to another client:
#: MAX_IN_FLIGHT, QUEUE_TIMEOUT_S, an upstream that is busy or left alone, conversations or documents
#: out of reach, the memory guard, MAX_BODIES_MIB, MAX_BODY_KIB, RATE_LIMIT, API_TOKENS, SIGTERM.
Reason = Literal[
    "",
    "places",
    "queue",
    "upstream",
    "sessions",
    "documents",
    "memory",
    "bodies",
    "body",
    "rate",
    "token",
    "stopping",
]


class Problem(HTTPException):
    """An HTTP error; `detail` is one sentence or two for the person who reads the response."""

    def __init__(
        self,
        status: int,
        detail: str,
        headers: Mapping[str, str] | None = None,
        reason: Reason = "",
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Told:
    """What a client is told of an error. `errors`: a pointer and a detail for each bad field.

    `reason`: of a refusal, for the log and the metrics.
    """

    status: int
    detail: str
    headers: Mapping[str, str] | None = None
    errors: Sequence[Mapping[str, str]] = ()
    reason: Reason = ""

    def body(self) -> dict[str, Any]:
        """As a problem."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        return {**body, "errors": self.errors} if self.errors else body

    def response(self) -> Response:
        """As the response to the request that failed."""
        return Response(orjson.dumps(self.body()), self.status, self.headers, MEDIA_TYPE)


UNEXPECTED = Told(500, "The service failed. Its log says more.")
STOPPING = Told(
    503,
    "The service is being stopped.",
    {"Retry-After": "5", "Connection": "close"},
    reason="stopping",
)


def told(error: Exception) -> Told:
    """What a client is told of `error`; of an unexpected one, that the log says more."""
    reason: Reason
    match error:
        case StarletteHTTPException():
            reason = error.reason if isinstance(error, Problem) else ""
            return Told(error.status_code, str(error.detail), error.headers, reason=reason)
        case RequestValidationError():
            return _validation(error)
        case Overloaded():
            detail = "Too many questions at once. Try again in a moment."
            # The queue's deadline was a TimeoutError first; for want of a place nothing went before.
            reason = "queue" if error.__cause__ else "places"
            return Told(503, detail, {"Retry-After": "1"}, reason=reason)
        case Interrupted():
            return STOPPING
        case DocumentsUnavailable():
            detail = "The documents cannot be reached. Try again in a moment."
            return Told(503, detail, {"Retry-After": "2"}, reason="documents")
        case SessionsUnavailable():
            detail = "The conversations cannot be reached. Try again in a moment."
            return Told(503, detail, {"Retry-After": "2"}, reason="sessions")
        case TurnIdUsed():
            return Told(422, "This turn_id was used for another question of this conversation.")
        case UpstreamBusy():
            after = {"Retry-After": str(math.ceil(error.retry_after_s))}
            return Told(503, str(error), after, reason="upstream")
        case UpstreamError():
            return Told(504 if isinstance(error, UpstreamTimeout) else 502, str(error))
    return UNEXPECTED


def log_unexpected(log: logging.Logger, error: Exception) -> None:
    """Say where an error happened of which a client is told no more; once, also when it is shared."""
    if told(error) is UNEXPECTED and not isinstance(error, SharedFailure):
        log.error("unexpected %s", trace(error))


def invalid(field: str, message: str) -> RequestValidationError:
    """The error for a field of the body that only a setting can refuse."""
    return RequestValidationError([{"type": "refused", "loc": ("body", field), "msg": message}])


def _validation(error: RequestValidationError) -> Told:
    # Never the input: it is the visitor's question.
    if any(e["type"] == "json_invalid" for e in error.errors()):
        return Told(422, "The body is not valid JSON.")
    errors = [{"pointer": _pointer(e["loc"]), "detail": str(e["msg"])} for e in error.errors()]
    where = "; ".join(f"{e['pointer']}: {e['detail']}" for e in errors)
    return Told(422, f"The request is not valid: {where}.", errors=errors)


def _pointer(loc: Sequence[Any]) -> str:
    """The place of an error as a JSON pointer into the body, "#" for the whole of it."""
    steps = [str(step) for step in loc[1:] if isinstance(step, str | int)]
    return "#" + "".join(f"/{step}" for step in steps)
