from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tools.limits.free_port import free_port
from tools.migrate.runtime.sessions import (
    SessionMiddleware,
    WsgiSessionMiddleware,
    _session_cookie,
    _session_of,
    current_session,
)

ROOT = Path(__file__).parents[3]
COOKIE = re.compile(r"fit512_session=([0-9a-f]{32}); Path=/; HttpOnly; SameSite=Lax")


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"no answer from {url}; the server said:\n{process.communicate()[1]}")


@pytest.fixture(scope="module")
def asgi() -> Iterator[str]:
    port = free_port()
    command = ["-m", "uvicorn", "tests.migrate.runtime.asgi_app:app", "--log-level", "warning"]
    with subprocess.Popen(
        [sys.executable, *command, "--port", str(port)], cwd=ROOT, text=True, stderr=subprocess.PIPE
    ) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/sync/first", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def wsgi() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.migrate.runtime.wsgi_app"],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


@pytest.mark.parametrize("way", ["sync", "invoke", "ainvoke", "thread"])
def test_each_visitor_has_a_window_of_their_own(asgi: str, way: str) -> None:
    with httpx.Client(base_url=asgi) as anna, httpx.Client(base_url=asgi) as ben:
        for number in range(3):
            assert anna.get(f"/{way}/a{number}").json()[-1] == f"a{number}"
            assert ben.get(f"/{way}/b{number}").json()[-1] == f"b{number}"
        assert anna.get(f"/{way}/a3").json() == ["a2", "a3"]
        assert ben.get(f"/{way}/b3").json() == ["b2", "b3"]


def test_visitors_at_the_same_time_are_not_mixed_up(asgi: str) -> None:
    def visit(name: str) -> list[str]:
        with httpx.Client(base_url=asgi, timeout=60) as client:
            for number in range(10):
                way = ("sync", "ainvoke", "thread")[number % 3]
                client.get(f"/{way}/{name}{number}").raise_for_status()
            answer: list[str] = client.get(f"/sync/{name}end").json()
            return answer

    with ThreadPoolExecutor(8) as pool:
        names = [f"visitor{number}-" for number in range(8)]
        assert list(pool.map(visit, names)) == [[f"{name}9", f"{name}end"] for name in names]


def test_a_thread_that_loses_the_context_remembers_nothing(asgi: str) -> None:
    with httpx.Client(base_url=asgi) as client:
        assert client.get("/executor/one").json() == []


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_a_streamed_body_arrives_whole_and_sees_its_session(asgi: str, way: str) -> None:
    with httpx.Client(base_url=asgi) as client:
        assert client.get(f"/{way}/x").text == "0;1;2;x1,x2"
        assert client.get("/sync/after").json() == ["x2", "after"]


def test_the_cookie_is_set_once(asgi: str) -> None:
    with httpx.Client(base_url=asgi) as client:
        first = client.get("/sync/one")
        assert COOKIE.fullmatch(first.headers["set-cookie"])
        assert "set-cookie" not in client.get("/sync/two").headers


def test_the_header_names_a_session_without_a_cookie(asgi: str) -> None:
    headers = {"X-Session-Id": "client-42"}
    first = httpx.get(f"{asgi}/sync/one", headers=headers)
    assert "set-cookie" not in first.headers
    assert httpx.get(f"{asgi}/sync/two", headers=headers).json() == ["one", "two"]
    assert httpx.get(f"{asgi}/sync/other").json() == ["other"]


def test_a_websocket_is_one_session_and_gets_the_cookie(asgi: str) -> None:
    url = asgi.replace("http", "ws") + "/ws"
    with connect(url) as anna, connect(url) as ben:
        for number in range(3):
            anna.send(f"a{number}")
            ben.send(f"b{number}")
            heard = json.loads(anna.recv()), json.loads(ben.recv())
        assert heard == (["a1", "a2"], ["b1", "b2"])
        assert anna.response is not None
        cookie = COOKIE.fullmatch(anna.response.headers["set-cookie"])
    assert cookie is not None
    answer = httpx.get(f"{asgi}/sync/more", cookies={"fit512_session": cookie[1]})
    assert answer.json() == ["a2", "more"]


@pytest.mark.parametrize("kind", ["list", "generator"])
def test_wsgi(wsgi: str, kind: str) -> None:
    with httpx.Client(base_url=wsgi) as anna, httpx.Client(base_url=wsgi) as ben:
        first = anna.get("/list/a0")
        assert first.text == "a0"
        assert COOKIE.fullmatch(first.headers["set-cookie"])
        assert ben.get("/list/b0").text == "b0"
        expected = {"list": "a0,a1", "generator": "a0,a1;a1,a12"}[kind]
        again = anna.get(f"/{kind}/a1")
        assert again.text == expected
        assert "set-cookie" not in again.headers


def test_a_wsgi_body_is_closed_in_its_context() -> None:
    seen = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"x"])

        def close(self) -> None:
            seen.append(current_session.get())

    app = WsgiSessionMiddleware(lambda environ, start_response: Body())
    body = app({"HTTP_X_SESSION_ID": "me"}, lambda *args: None)
    assert list(body) == [b"x"]
    body.close()  # type: ignore[attr-defined]
    assert seen == ["me"]
    assert current_session.get() is None


def test_lifespan_passes_through() -> None:
    seen = []

    async def app(scope: object, receive: object, send: object) -> None:
        seen.append((scope, receive, send, current_session.get()))

    scope = {"type": "lifespan"}
    asyncio.run(SessionMiddleware(app)(scope, None, None))
    assert seen == [(scope, None, None, None)]


@pytest.mark.parametrize(
    ("headers", "scheme", "secure"),
    [
        pytest.param({}, "http", False, id="plain"),
        pytest.param({}, "https", True, id="https"),
        pytest.param({}, "wss", True, id="websocket over tls"),
        pytest.param({"x-forwarded-proto": "https"}, "http", True, id="behind a proxy"),
        pytest.param({"x-forwarded-proto": "https, http"}, "http", True, id="two proxies"),
        pytest.param({"x-forwarded-proto": "http"}, "http", False, id="proxy without tls"),
    ],
)
def test_secure_only_over_tls(headers: dict[str, str], scheme: str, secure: bool) -> None:
    nothing = {"cookie": "", "x-session-id": "", "x-forwarded-proto": ""}
    _, cookie = _session_of({**nothing, **headers}, scheme)
    assert cookie.endswith("; Secure") is secure


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("", "", id="none"),
        pytest.param("a=b; c", "", id="others"),
        pytest.param("fit512_session=short", "", id="too short"),
        pytest.param("fit512_session=" + "g" * 32, "", id="not hex"),
        pytest.param("fit512_session=" + "a" * 33, "", id="too long"),
        pytest.param("xfit512_session=" + "a" * 32, "", id="other name"),
        pytest.param("a=b;fit512_session=" + "a" * 32, "a" * 32, id="second, no space"),
        pytest.param('j={"x": 1}; fit512_session=' + "a" * 32, "a" * 32, id="after a broken one"),
    ],
)
def test_session_cookie(header: str, expected: str) -> None:
    assert _session_cookie(header) == expected


@pytest.mark.parametrize("value", ["", " ", "a b", "a" * 129, "ä", "a\x00b", "../x;y"])
def test_a_malformed_header_is_as_none(value: str) -> None:
    session, cookie = _session_of(
        {"x-session-id": value, "cookie": "", "x-forwarded-proto": ""}, ""
    )
    assert session != value
    assert cookie
