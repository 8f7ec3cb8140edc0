"""Tells one visitor from another, so that each has a conversation of their own.

The middlewares put the visitor's session into `current_session`, where WindowMemory looks:

    app.add_middleware(SessionMiddleware)                        # FastAPI, Starlette
    app.wsgi_app = WsgiSessionMiddleware(app.wsgi_app)           # Flask
    app.asgi_app = SessionMiddleware(app.asgi_app)               # Quart
    application = WsgiSessionMiddleware(get_wsgi_application())  # Django

Chainlit, Streamlit, Gradio and Flask-SocketIO have sessions of their own, which are asked
(framework_sessions). For Telegram bots there is telegram_chats.

A browser gets a cookie with a random 128-bit id. A client that keeps no cookies sends an id of
its own in the header X-Session-Id: 1 to 128 letters, digits or any of . _ ~ : @ -, and as hard
to guess as the conversation is private.
Copied into this repository by fit512 (MIT licence); needs the standard library alone.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextvars import Context, ContextVar, copy_context
from typing import Any

from .framework_sessions import framework_session

COOKIE = "fit512_session"
_OWN_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST = 256  # of an id that a request names
_CLIENT_ID = re.compile(r"[A-Za-z0-9._~:@-]{1,128}")
_LOOKED_AT = ("x-session-id", "cookie", "x-forwarded-proto")

current_session: ContextVar[str | None] = ContextVar("current_session", default=None)
"""Session of the request being answered; None outside a request, as in a script run by hand."""
_named: ContextVar[dict[str, str] | None] = ContextVar("named_session", default=None)
# A dict, for what a handler puts into it is seen in the threads and tasks of the same request.

_log = logging.getLogger(__name__)
_state = {"serving": False, "warned": False}


def session_key() -> str | None:
    """The session to keep messages under: "" for a script run by hand, None for nowhere.

    None is the answer when requests are told apart but this code runs outside all of them, as in
    a thread started by hand: keeping messages there would mix the visitors' conversations.
    """
    # A framework that is mounted in another may run its tasks in the context of the first request.
    named = (_named.get() or {}).get("session")
    session = framework_session() or named or current_session.get()
    if session is not None or not _state["serving"]:
        return session or ""
    if not _state["warned"]:
        _state["warned"] = True
        _log.warning(
            "Chat memory used outside a request's context: nothing is remembered there. "
            "loop.run_in_executor and threads started by hand lose the session; "
            "use asyncio.to_thread, or contextvars.copy_context().run."
        )
    return None


def tell_sessions_apart() -> None:
    """From now on what runs outside of every session is not remembered."""
    _state["serving"] = True


def use_session(session: object, but_not: str = "") -> None:
    """For the rest of this request: the conversation that the request itself names.

    Whoever knows the id reads on there, so it must be as hard to guess as that is private. An
    empty id, and `but_not`, which stands for none, leave the visitor with the cookie's.
    """
    text = "" if session is None else str(session).strip()
    if text in ("", but_not) or len(text) > _LONGEST:
        return
    named = _named.get()
    if named is None:
        current_session.set(f"named:{text}")
    else:
        named["session"] = f"named:{text}"


class SessionMiddleware:
    """ASGI middleware for HTTP requests and websockets; bodies pass through untouched."""

    def __init__(self, app: Any) -> None:
        tell_sessions_apart()
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        session, cookie = _session_of(_headers(scope["headers"]), scope.get("scheme", ""))

        async def send_with_cookie(message: MutableMapping[str, Any]) -> None:
            starts = message["type"] in ("http.response.start", "websocket.accept")
            if cookie and starts:
                added = (b"set-cookie", cookie.encode("ascii"))
                message = {**message, "headers": [*(message.get("headers") or ()), added]}
            await send(message)

        token, named = current_session.set(session), _named.set({})
        try:
            await self.app(scope, receive, send_with_cookie)
        finally:
            current_session.reset(token)
            _named.reset(named)


class WsgiSessionMiddleware:
    """WSGI middleware; a body made while it is sent still sees its session."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        tell_sessions_apart()
        self.app = app

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {
            name: environ.get("HTTP_" + name.upper().replace("-", "_"), "") for name in _LOOKED_AT
        }
        session, cookie = _session_of(headers, environ.get("wsgi.url_scheme", ""))

        def start_with_cookie(status: str, response_headers: Any, *exc_info: Any) -> Any:
            added = [("Set-Cookie", cookie)] if cookie else []
            return start_response(status, [*response_headers, *added], *exc_info)

        context = copy_context()
        context.run(current_session.set, session)
        context.run(_named.set, {})
        body = context.run(self.app, environ, start_with_cookie)
        return body if isinstance(body, (list, tuple)) else _BodyInContext(body, context)


class _BodyInContext:
    """Iterates a WSGI body inside the context its request was answered in."""

    def __init__(self, body: Iterable[bytes], context: Context) -> None:
        self._body = body
        self._context = context
        self._parts: Iterator[bytes] = context.run(iter, body)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._context.run(next, self._parts)

    def close(self) -> None:
        if hasattr(self._body, "close"):
            self._context.run(self._body.close)


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers of an ASGI scope that are looked at, by lower-case name."""
    found: dict[str, list[str]] = {name: [] for name in _LOOKED_AT}
    for name, value in raw:
        # HTTP/2 may split the cookies over several headers, so they are collected.
        found.get(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return {name: "; ".join(values) for name, values in found.items()}


def _session_of(headers: dict[str, str], scheme: str) -> tuple[str, str]:
    """(session id, cookie to set or "") for a request."""
    named = headers["x-session-id"].strip()
    if _CLIENT_ID.fullmatch(named):
        return named, ""
    known = _session_cookie(headers["cookie"])
    if known:
        return known, ""
    session = secrets.token_hex(16)
    forwarded = headers["x-forwarded-proto"].split(",")[0].strip().lower()
    secure = "; Secure" if (forwarded or scheme) in ("https", "wss") else ""
    return session, f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax{secure}"


def _session_cookie(header: str) -> str:
    """The well-formed session id in a Cookie header, or ""."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and _OWN_ID.fullmatch(value):
            return value
    return ""
