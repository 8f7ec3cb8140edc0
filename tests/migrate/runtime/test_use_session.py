from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from tools.migrate.runtime.sessions import (
    SessionMiddleware,
    WsgiSessionMiddleware,
    current_session,
    session_key,
    use_session,
)

app = FastAPI()
app.add_middleware(SessionMiddleware)


@app.get("/thread")
def in_a_thread(session: str = ""):  # FastAPI reads an annotation, and old Pythons no `str | None`
    use_session(session)
    return session_key()


@app.get("/loop")
async def in_the_loop(session: str = ""):
    use_session(session, but_not="default")
    return await asyncio.to_thread(session_key)


@app.get("/parts")
def in_parts(session: str = "") -> StreamingResponse:
    use_session(session)

    def parts() -> Iterator[str]:
        yield session_key() or ""

    return StreamingResponse(parts())


@app.get("/async-parts")
def in_async_parts(session: str = "") -> StreamingResponse:
    use_session(session)

    async def parts() -> AsyncIterator[str]:
        yield session_key() or ""

    return StreamingResponse(parts())


def answers(*paths: str) -> list[str]:
    async def ask() -> list[str]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return [(await client.get(path)).text.strip('"') for path in paths]

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["thread", "loop", "parts", "async-parts"])
def test_the_session_that_a_request_names(path: str) -> None:
    assert answers(f"/{path}?session=anna") == ["named:anna"]


@pytest.mark.parametrize("query", ["", "?session=", "?session=%20", "?session=default"])
def test_the_cookies_session_where_none_is_named(query: str) -> None:
    first, second = answers(f"/loop{query}", f"/loop{query}")
    assert first == second
    assert len(first) == 32


def test_the_next_request_has_its_own() -> None:
    named, other = answers("/thread?session=anna", "/thread")
    assert named == "named:anna"
    assert len(other) == 32


def test_a_name_as_long_as_a_book_is_none() -> None:
    (session,) = answers(f"/thread?session={'x' * 300}")
    assert len(session) == 32


def test_behind_wsgi_while_the_body_is_sent() -> None:
    def wsgi(environ: Any, start_response: Any) -> Iterator[bytes]:
        use_session(environ["QUERY_STRING"])
        start_response("200 OK", [])
        yield (session_key() or "").encode()

    environ = {"QUERY_STRING": "ben", "wsgi.url_scheme": "http"}
    body = WsgiSessionMiddleware(wsgi)(environ, lambda *given: None)
    assert b"".join(body) == b"named:ben"


@pytest.mark.parametrize(("session", "key"), [(7, "named:7"), (None, ""), (" a ", "named:a")])
def test_without_a_middleware(session: object, key: str) -> None:
    token = current_session.set(None)
    try:
        use_session(session)
        assert session_key() == key
    finally:
        current_session.reset(token)
