"""What takes most memory for each byte on the wire; also the tests of tests/service/test_hostile.py."""

from __future__ import annotations

import http.client
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

POST = b"POST /chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BODY_BYTES = 63 * 1024  # MAX_BODY_KIB is 64
AT_A_TIME, TIMES = 32, 96


@dataclass(frozen=True)
class Crowd:
    """`connections` that each send the same bytes, and then nothing."""

    title: str
    sent: bytes
    connections: int


@dataclass(frozen=True)
class Body:
    """The same body again and again, AT_A_TIME at a time."""

    title: str
    path: str
    body: str


def _items(start: str, item: str, end: str) -> str:
    return start + ",".join([item] * (BODY_BYTES // (len(item) + 1))) + end


CROWDS = {
    "headers": Crowd("4,600 tiny headers each", POST + b"aa:bb\r\n" * 4_600, 500),
    "one header": Crowd("one header of 31,000 bytes each", POST + b"X-H: " + b"a" * 31_000, 500),
    "no body": Crowd(
        "80 headers and no body each",
        POST + b"Content-Length: 9\r\n" + b"aa:b\r\n" * 80 + b"\r\n{",
        500,
    ),
    "requests ahead": Crowd(
        "14,000 requests in a row each, no answer read", b"GET /x HTTP/1.1\r\n\r\n" * 14_000, 40
    ),
    "chunks": Crowd("40,000 chunks of one byte each", CHUNKED + b"1\r\na\r\n" * 40_000, 100),
}
BODIES = {
    "messages": Body(
        "a list of 31,000 wrong messages",
        "/v1/chat/completions",
        _items('{"messages":[', "0", "]}"),
    ),
    "parts": Body(
        "a message of 5,000 parts",
        "/v1/chat/completions",
        _items('{"messages":[{"role":"user","content":[', '{"type":"a"}', "]}]}"),
    ),
    "unknown": Body(
        "a field unknown with 21,000 objects", "/chat", _items('{"question":"Hi","x":[', "{}", "]}")
    ),
    "nested": Body("60,000 lists in each other", "/chat", "[" * 60_000),
}


@contextmanager
def crowding(crowd: Crowd, port: int) -> Iterator[None]:
    """The connections, as long as the block runs."""
    with ExitStack() as stack:
        for _ in range(crowd.connections):
            address = ("127.0.0.1", port)
            one = stack.enter_context(socket.create_connection(address, timeout=30))
            one.setblocking(False)
            with suppress(OSError):
                one.send(crowd.sent)
        yield


def statuses(body: Body, port: int) -> Counter[int]:
    """Send it TIMES, and count what came. Raises OSError when the service is gone."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return Counter(pool.map(lambda _: _post(body, port), range(TIMES)))


def _post(body: Body, port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", body.path, body.body, headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()
