"""Responses, and how the OpenAPI description tells of problems."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Response

from service.errors import MEDIA_TYPE
from service.schemas import ProblemDetails

_PROBLEM = ProblemDetails.model_json_schema()


def json_response(content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """200 with `content` as JSON."""
    return Response(orjson.dumps(content), 200, headers, "application/json")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route that may end with these problems."""
    content = {MEDIA_TYPE: {"schema": _PROBLEM}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }
