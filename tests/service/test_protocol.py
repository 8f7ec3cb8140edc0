"""What a client can do to a connection, against the real process."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psutil
import pytest

from tests.service.helpers import Service, eventually, running
from tools.limits import upstream as local_upstream

HEAD = b"GET /health HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


def connect(service: Service) -> socket.socket:
    url = service.client.base_url
    return socket.create_connection((url.host, url.port), timeout=30)


def everything(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received


def problem(received: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head.lower()
    return int(head.split()[1]), json.loads(body)


def endless(head: bytes, more: bytes) -> Iterator[bytes]:
    yield head
    for _ in range(64 * 2**20 // len(more)):
        yield more


@pytest.mark.parametrize(
    ("head", "more"),
    [
        pytest.param(HEAD, b"X-H: aaaaaaaaaaaaaaaaaaaa\r\n" * 500, id="headers"),
        pytest.param(HEAD + b"X-H: ", b"a" * 16384, id="one header"),
        pytest.param(b"GET /", b"a" * 16384, id="address"),
        pytest.param(
            POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
            b"X-H: aaaaaaaaaaaaaaaaaaaa\r\n" * 500,
            id="trailers",
        ),
    ],
)
def test_a_head_without_end_is_refused(service, head, more):
    before_mib = psutil.Process(service.process.pid).memory_info().rss / 2**20
    with connect(service) as connection:
        try:
            for data in endless(head, more):
                connection.sendall(data)
        except OSError:
            pass
        else:
            pytest.fail("64 MiB of head were taken")
    assert psutil.Process(service.process.pid).memory_info().rss / 2**20 < before_mib + 20
    assert service.client.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("request_head", "status", "detail"),
    [
        pytest.param(
            HEAD + b"X-H: %b\r\n\r\n" % (b"a" * 40_000), 431, "at most 32 KiB", id="header"
        ),
        pytest.param(b"GET /%b HTTP/1.1\r\n\r\n" % (b"a" * 40_000), 414, "address", id="address"),
        pytest.param(HEAD + b"X-H:\r\n" * 100 + b"\r\n", 431, "at most 100 headers", id="headers"),
        pytest.param((HEAD + b"\r\n") * 20, 429, "Wait for", id="requests ahead"),
        pytest.param(
            POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}",
            400,
            "without Upgrade",
            id="upgrade with a body",
        ),
        pytest.param(b"nonsense\r\n\r\n", 400, "no valid HTTP", id="no HTTP"),
    ],
)
def test_what_the_client_is_told(service, request_head, status, detail):
    closed = f'fit512_connections_closed_total{{status="{status}"}}'
    before = service.metric(closed)
    with connect(service) as connection:
        connection.sendall(request_head)
        told, body = problem(everything(connection))
    assert told == body["status"] == status
    assert service.metric(closed) == before + 1
    assert detail in body["detail"]


def test_an_upgrade_that_is_not_to_be_had_is_left_out_without_a_word(tmp_path):
    with running(tmp_path) as service, connect(service) as connection:
        connection.sendall(HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
        assert "uvicorn" not in service.log


@pytest.mark.parametrize("expects", [b"", b"Expect: 100-continue\r\n"])
def test_a_body_announced_too_large_is_refused_before_it_comes(service, expects):
    with connect(service) as connection:
        connection.sendall(POST + expects + b"Content-Length: 5000000\r\n\r\n")
        told, body = problem(everything(connection))
    assert (told, body["detail"]) == (413, "The body may have at most 64 KiB.")


def test_who_sends_it_all_the_same_is_told(service):
    response = service.client.post("/chat", json={"question": "x" * 5_000_000})
    assert response.status_code == 413


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(HEAD + b"\r\n", id="a whole request"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n", id="a body"),
    ],
)
def test_an_unfinished_header_is_bounded_whatever_came_with_it(service, before):
    with connect(service) as connection:
        connection.sendall(before + (b"" if b"POST" in before else HEAD) + b"X-H: " + b"a" * 60_000)
        assert b"431" in everything(connection)


def test_a_large_head_within_the_bound_is_taken(service):
    response = service.client.get("/health", headers={"X-H": "a" * 30_000})
    assert response.status_code == 200
    assert service.client.get("/health").status_code == 200


@pytest.mark.parametrize(
    "unfinished",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(HEAD, id="head"),
        pytest.param(POST + b'Content-Length: 20\r\n\r\n{"question": "', id="body"),
    ],
)
def test_what_stops_short_of_its_end_is_closed(tmp_path, unfinished):
    with running(tmp_path, REQUEST_TIMEOUT_S="1") as service, ExitStack() as stack:
        connections = [stack.enter_context(connect(service)) for _ in range(300)]
        for connection in connections:
            connection.sendall(unfinished)
        assert service.client.get("/health").status_code == 200
        assert {problem(everything(connection))[0] for connection in connections} == {408}
        assert service.client.get("/health").status_code == 200
        assert "Traceback" not in service.log


def test_a_later_head_that_stops_short_is_closed_too(tmp_path):
    with (
        running(tmp_path, REQUEST_TIMEOUT_S="1") as service,
        connect(service) as connection,
        connection.makefile("rb") as received,
    ):
        connection.sendall(HEAD + b"\r\n")
        while received.readline() != b"\r\n":
            pass
        assert received.read(15) == b'{"status":"ok"}'
        connection.sendall(HEAD)
        assert problem(received.read())[0] == 408


def test_of_those_refused_no_more_are_waited_for_than_may_be_open(tmp_path):
    with (
        running(tmp_path, MAX_CONNECTIONS="8", REQUEST_TIMEOUT_S="600") as service,
        ExitStack() as stack,
    ):
        for _ in range(200):
            stack.enter_context(connect(service))
        eventually(lambda: service.log.count("connection closed status=503") == 192)
        process = psutil.Process(service.process.pid)
        # 8 are open, 8 wait for their client, one listens; a few are just being closed.
        assert len(process.net_connections("tcp")) < 30
        eventually(lambda: len(process.net_connections("tcp")) == 9)  # nor for ever


def test_connections_that_wait_lock_nobody_out(tmp_path):
    with (
        running(tmp_path, MAX_CONNECTIONS="8", REQUEST_TIMEOUT_S="600") as service,
        ExitStack() as stack,
    ):
        connections = [stack.enter_context(connect(service)) for _ in range(20)]
        assert service.client.get("/health").status_code == 200
        assert service.chat("Do you take PayPal?").status_code == 200
        # Which ones went is their age's; those that came at the same moment are of the same age.
        closed = select.select(connections, [], [], 30)[0]
        assert len(closed) >= 12
        assert {problem(everything(one))[0] for one in closed} == {503}


def test_the_health_is_told_while_all_connections_are_being_answered(tmp_path):
    with (
        local_upstream(latency_ms=5000) as local,
        running(
            tmp_path, MAX_CONNECTIONS="8", LLM_API_KEY="k", LLM_BASE_URL=local.base_url
        ) as service,
        ExitStack() as stack,
    ):
        asking = [stack.enter_context(connect(service)) for _ in range(8)]
        for number, connection in enumerate(asking):
            body = b'{"question":"Is there hat %d?"}' % number
            connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        eventually(lambda: local.count() == 8)
        for path in (b"/metrics", b"/ready", b"/health"):  # each makes room for the next
            health = stack.enter_context(connect(service))
            health.sendall(HEAD.replace(b"/health", path) + b"\r\n")
            assert health.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
        health.sendall(POST + b"Content-Length: 2\r\n\r\n{}")
        assert problem(everything(health))[0] == 503
        for connection in asking:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
        # There is room again: whoever asks is answered.
        assert service.client.post("/chat", json={}).status_code == 422
        assert "Traceback" not in service.log


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(HEAD + b"X-H: " + b"a" * 30_000, id="one header"),
        pytest.param(HEAD + b"X-H: %b\r\n" % (b"a" * 300) * 90, id="headers"),
        pytest.param(
            POST + b"X-H: %b\r\n" % (b"a" * 300) * 90 + b"Content-Length: 20\r\n\r\n", id="body"
        ),
    ],
)
def test_heads_of_a_crowd_are_bounded_and_a_small_one_is_not_in_their_way(tmp_path, begun):
    settings = {"MAX_CONNECTIONS": "400", "REQUEST_TIMEOUT_S": "600"}
    with running(tmp_path, **settings) as service, ExitStack() as stack:
        small = stack.enter_context(connect(service))
        small.sendall(HEAD)
        before = service.metric("fit512_anonymous_bytes")
        large = [stack.enter_context(connect(service)) for _ in range(300)]
        for connection in large:
            connection.sendall(begun)
        eventually(lambda: service.metric("fit512_connections") < 250)
        assert service.metric("fit512_anonymous_bytes") - before < 16 * 2**20
        small.sendall(b"\r\n")
        assert small.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
        refused, _, _ = select.select(large, [], [], 30)
        assert problem(everything(refused[0]))[0] == 503


def test_connections_are_used_again(service):
    with connect(service) as connection, connection.makefile("rb") as received:
        for _ in range(3):
            connection.sendall(HEAD + b"\r\n")
            assert received.readline() == b"HTTP/1.1 200 OK\r\n"
            while received.readline() != b"\r\n":
                pass
            assert received.read(15) == b'{"status":"ok"}'


def test_each_head_is_bounded_by_itself_however_many_are_always_ahead(tmp_path):
    def ask(number: int) -> bytes:
        body = b'{"question": "Do you take PayPal? %d"}' % number
        return POST + b"X-H: 1\r\n" * 30 + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)

    with (
        local_upstream(latency_ms=300) as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as service,
        connect(service) as connection,
        connection.makefile("rb") as received,
    ):
        connection.sendall(ask(0))
        for number in range(1, 7):
            connection.sendall(ask(number))
            assert received.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = dict(line.split(b": ", 1) for line in iter(received.readline, b"\r\n"))
            received.read(int(headers[b"content-length"]))
        assert "connection closed" not in service.log


def test_a_body_of_many_small_chunks_is_taken(service):
    body = b'{"question": "Do you take PayPal?"}' + b" " * 50_000  # more than one read takes
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    with connect(service) as connection:
        connection.sendall(
            POST + b"Connection: close\r\nExpect: 100-continue\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")  # the head is behind
        connection.sendall(chunks + b"0\r\n\r\n")
        assert everything(connection).startswith(b"HTTP/1.1 200 ")


ANSWERED = 'fit512_requests_total{method="GET",route="/page/{name}",status="200"}'


def unread(service: Service) -> tuple[socket.socket, int]:
    """A connection whose answers are not read, as soon as the kernel takes no more; how many it took."""
    service.client.get("/page/chat.js")  # so that there is a count
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((service.client.base_url.host, service.client.base_url.port))
    first = service.metric(ANSWERED)
    asked = 0

    def is_full() -> bool:
        nonlocal asked
        if service.metric("fit512_unread_bytes") > 0:
            return True
        # One after the other: more at once would be refused for being too far ahead.
        if service.metric(ANSWERED) == first + asked:
            connection.send(b"GET /page/chat.js HTTP/1.1\r\nHost: a\r\n\r\n")
            asked += 1
        return False

    eventually(is_full)
    return connection, asked


def states_of(port: int) -> set[str]:
    """What the connections to the port are in, on its side."""
    every = psutil.net_connections("tcp4")
    return {one.status for one in every if one.laddr and one.laddr.port == port}


def test_who_never_reads_an_answer_is_closed(tmp_path):
    with running(tmp_path, REQUEST_TIMEOUT_S="5") as service:
        connection, _ = unread(service)
        port = service.client.base_url.port
        with connection:
            eventually(lambda: service.metric("fit512_connections") == 1)
            # Nor does the kernel keep for long what it has of it, though nobody owns that any more.
            eventually(lambda: "FIN_WAIT1" not in states_of(port))
        assert "connection closed" not in service.log


@pytest.mark.slow
def test_who_reads_slowly_and_goes_on_gets_all(tmp_path):
    """More than twice the deadline for what the kernel does not take at once."""
    (tmp_path / "large_app.py").write_text(LARGE_APP)
    with running(tmp_path, "large_app") as service, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((service.client.base_url.host, service.client.base_url.port))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = 0
        while data := connection.recv(16 * 1024, socket.MSG_WAITALL):
            received += len(data)
            time.sleep(0.2)
        assert received > 500_000


@pytest.mark.slow
def test_where_the_kernel_does_not_the_service_gives_up_who_never_reads(tmp_path):
    (tmp_path / "large_app.py").write_text(
        "import socket\ndel socket.TCP_USER_TIMEOUT\n" + LARGE_APP
    )
    with running(tmp_path, "large_app") as service, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        port = service.client.base_url.port
        connection.connect((service.client.base_url.host, port))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        eventually(lambda: "ESTABLISHED" in states_of(port))
        eventually(lambda: "ESTABLISHED" not in states_of(port))


LARGE_APP = """
import logging, socket, uvicorn
from service.protocol import bounded

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"a" * 500_000})

logging.basicConfig(level="INFO")
listening = socket.create_server(("127.0.0.1", 0))
logging.info("listening url=http://%s:%d", *listening.getsockname())
http = bounded(max_connections=8, deadline_s=2)
uvicorn.Server(uvicorn.Config(app, http=http, lifespan="off")).run(sockets=[listening])
"""


def test_little_is_kept_of_answers_that_are_not_read(tmp_path):
    with running(tmp_path, REQUEST_TIMEOUT_S="600") as service:
        length = int(service.client.get("/page/chat.js").headers["content-length"])
        connection, asked = unread(service)
        with connection:
            assert asked * length < 256 * 1024
            assert service.metric("fit512_unread_bytes") < 2 * length
        eventually(lambda: service.metric("fit512_unread_bytes") == 0)


def test_heads_that_connections_hold_are_shown(tmp_path):
    with running(tmp_path, REQUEST_TIMEOUT_S="600") as service:
        with connect(service) as arriving:
            arriving.sendall(HEAD + b"X-H: " + b"a" * 20_000)
            eventually(lambda: service.metric("fit512_head_bytes") > 20_000)
        eventually(lambda: service.metric("fit512_head_bytes") < 8 * 1024)
