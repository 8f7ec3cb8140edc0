"""GET /: the chat page, and the files it loads."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.errors import Problem
from service.page import POLICY, TYPES, File

router = APIRouter(include_in_schema=False)
FOR_EVER = "public, max-age=31536000, immutable"


@router.api_route("/", methods=["GET", "HEAD"])
async def page(request: Request) -> Response:
    """The page; asked for again, only when it has changed."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return _send(request, "", headers)


@router.api_route("/page/{name}", methods=["GET", "HEAD"])
async def file(name: str, request: Request) -> Response:
    """What the page loads. Its address names the version, so it never changes."""
    if name not in TYPES:
        raise Problem(404, f"There is no file {name!r}.")
    return _send(request, name, {"Cache-Control": FOR_EVER})


def _send(request: Request, name: str, headers: dict[str, str]) -> Response:
    files: dict[str, File] = request.app.state.page
    if not files:
        raise Problem(404, "There is no chat page here: CHAT_PAGE is false.")
    found = files[name]
    tag = f'"{found.version}"'
    headers = {**headers, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    return Response(found.data, 200, headers, found.media_type)
