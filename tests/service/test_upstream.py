from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import aclosing, suppress
from typing import BinaryIO

import pytest

from service.answers import UpstreamBusy, UpstreamError, UpstreamTimeout
from service.breaker import Breaker
from service.prompt import condense, messages
from service.sessions import Turn
from service.upstream import Upstream
from tools.limits import upstream as local_upstream
from vectorstore.base import Document, Hit

HITS = [Hit(Document("1", "We open at nine.", {}), 0.7)]
HISTORY = [Turn("Hello?", "Hello.")]


def ask(
    base_url: str, question: str = "When do you open?", times: int = 1, **given: object
) -> list:
    """The pieces of the answer to `question`, asked `times` over one client."""

    async def collect() -> list[str]:
        client = upstream(base_url, **given)
        try:
            for _ in range(times):
                pieces = [piece async for piece in client.answer(question, HITS, HISTORY)]
            return pieces
        finally:
            await client.close()

    return asyncio.run(collect())


def upstream(base_url: str, **given: object) -> Upstream:
    usual = {
        "key": "sk-secret",
        "model": "local/echo",
        "timeout_s": 30.0,
        "retries": 2,
        "max_tokens": 64,
        "condense": True,
        "min_score": 0.38,
        "max_connections": 4,
    }
    return Upstream(base_url=base_url, **{**usual, **given})


def test_an_answer_comes_in_pieces_to_the_messages_of_the_prompt():
    with local_upstream() as local:
        pieces = ask(local.base_url)
        (request,) = local.received()
    assert len(pieces) > 1
    assert request["authorization"] is True
    assert request["body"] == {
        "model": "local/echo",
        "messages": messages("When do you open?", HITS, HISTORY),
        "max_tokens": 64,
        "stream": True,
    }


@pytest.mark.parametrize(
    ("fault", "kind", "message", "tries"),
    [
        pytest.param("500", UpstreamError, "host failed (HTTP 500)", 3, id="500"),
        pytest.param("503", UpstreamError, "host failed (HTTP 503)", 3, id="503"),
        pytest.param("429", UpstreamBusy, "takes no more questions", 3, id="429"),
        pytest.param("401", UpstreamError, "refused the request (HTTP 401)", 1, id="401"),
        pytest.param("404", UpstreamError, "refused the request (HTTP 404)", 1, id="404"),
        pytest.param("garbage", UpstreamError, "sent garbage", 1, id="garbage"),
        pytest.param("cut", UpstreamError, "broke off", 1, id="half an answer"),
        pytest.param("reset", UpstreamError, "broke off", 1, id="reset"),
    ],
)
def test_faults(fault, kind, message, tries, caplog):
    with local_upstream(faults={fault: 1.0}, retry_after_s=0) as local:
        with pytest.raises(UpstreamError) as error:
            ask(local.base_url)
        assert len(local.requests()) == tries
    assert type(error.value) is kind
    assert message in str(error.value)
    assert "secret" not in caplog.text
    assert "open" not in caplog.text


def test_what_fails_now_and_then_is_answered_after_all():
    with local_upstream(faults={"429": 0.3, "503": 0.3}, seed=4, retry_after_s=0) as local:
        for n in range(8):
            assert ask(local.base_url, f"Question {n}?", retries=9)
        faults = [request["fault"] for request in local.received()]
    assert faults.count(None) == 8
    assert {"429", "503"} <= set(faults)


def test_no_answer_in_time():
    with local_upstream(faults={"timeout": 1.0}) as local:
        with pytest.raises(UpstreamTimeout, match="did not answer in time"):
            ask(local.base_url, timeout_s=0.3)
        assert len(local.requests()) == 1


def test_an_answer_that_drips_is_cut_off_in_time():
    with local_upstream(token_rate=2) as local, pytest.raises(UpstreamTimeout):
        ask(local.base_url, timeout_s=0.7)


def test_a_longer_wait_than_there_is_time_for_is_not_waited():
    with local_upstream(faults={"429": 1.0}, retry_after_s=20) as local:
        with pytest.raises(UpstreamBusy) as error:
            ask(local.base_url, timeout_s=10)
        assert len(local.requests()) == 1
    assert error.value.retry_after_s == 20


async def find(question: str, *, leaning_on: str | None = None) -> list[Hit]:
    """What was looked up, as a document."""
    return [Hit(Document("1", f"{question} <- {leaning_on}", {}), 0.1)]


def looked_up(base_url: str, history: Sequence[Turn], **given: object) -> str:
    """What documents are looked up for "And on Sunday?"."""

    async def look_up() -> str:
        client = upstream(base_url, **given)
        try:
            hits = await client.look_up("And on Sunday?", history, find)
            return hits[0].document.text
        finally:
            await client.close()

    return asyncio.run(look_up())


def test_a_follow_up_is_rephrased_by_the_model():
    with local_upstream() as local:
        assert looked_up(local.base_url, HISTORY) == "And on Sunday? <- None"
        (request,) = local.requests()
    assert request["messages"] == condense("And on Sunday?", HISTORY)
    assert request["max_tokens"] == 128


@pytest.mark.parametrize(
    ("history", "given", "found"),
    [
        pytest.param([], {}, "And on Sunday? <- None", id="first question"),
        pytest.param(HISTORY, {"condense": False}, "And on Sunday? <- Hello?", id="switched off"),
    ],
)
def test_no_call_is_made_for(history, given, found):
    with local_upstream() as local:
        assert looked_up(local.base_url, history, **given) == found
        assert local.count() == 0


def test_a_follow_up_that_cannot_be_rephrased_is_looked_up_as_it_stands():
    with local_upstream(faults={"401": 1.0}) as local:
        assert looked_up(local.base_url, HISTORY) == "And on Sunday? <- Hello?"


def test_the_rephrased_question_is_what_is_looked_up(scripted):
    base_url, answers, _ = scripted
    said = b'data: {"choices": [{"delta": {"content": " Open on Sunday? \\n"}}]}\n\n'
    answers.append(response(said + b"data: [DONE]\n\n"))
    assert looked_up(base_url, HISTORY) == "Open on Sunday? <- None"


def test_nobody_listens(caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    caplog.set_level(logging.WARNING)
    with pytest.raises(UpstreamError, match="cannot be reached"):
        ask(f"http://127.0.0.1:{port}/v1", retries=1)
    assert caplog.messages == ["upstream failed reason=connect ConnectError"] * 2


@pytest.fixture
def scripted() -> Iterator[tuple[str, list[bytes], list[int]]]:
    """A server that answers each request with the given bytes; counts connections."""
    answers: list[bytes] = []
    connections: list[int] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):  # the server is closed
            while True:
                connection, _ = server.accept()
                connections.append(1)
                with connection, connection.makefile("rb") as request:
                    while read_request(request):
                        connection.sendall(answers[0])

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/v1", answers, connections
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def read_request(request: BinaryIO) -> bool:
    """Read one request to its end. False when there is none."""
    length = 0
    for line in request:
        if line.lower().startswith(b"content-length:"):
            length = int(line[15:])
        if line == b"\r\n":
            return len(request.read(length)) == length
    return False


def response(body: bytes, media_type: str = "text/event-stream") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


EVENTS = b'data: {"choices": [{"delta": {"content": "Yes"}}]}\n\n'
WITH_USAGE = (
    EVENTS
    + b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n'
    + b'data: {"choices": [], "usage": {}}\n\ndata: [DONE]\n\n'
)


def test_the_connection_is_used_again(scripted):
    base_url, answers, connections = scripted
    answers.append(response(WITH_USAGE))
    assert ask(base_url, times=3) == ["Yes"]
    assert len(connections) == 1


def test_an_upstream_that_does_not_stream(scripted):
    base_url, answers, _ = scripted
    answers.append(response(b'{"choices": [{"message": {"content": "No"}}]}', "application/json"))
    assert ask(base_url) == ["No"]


def test_an_empty_answer_is_an_error(scripted):
    base_url, answers, _ = scripted
    answers.append(response(b"data: [DONE]\n\n"))
    with pytest.raises(UpstreamError, match="empty answer"):
        ask(base_url)


def test_a_stream_that_ends_without_an_end_is_an_error(scripted):
    base_url, answers, _ = scripted
    answers.append(response(EVENTS))
    with pytest.raises(UpstreamError, match="broke off"):
        ask(base_url)


def test_another_address_is_not_followed(scripted):
    base_url, answers, _ = scripted
    answers.append(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    )
    with pytest.raises(UpstreamError, match=r"refused the request \(HTTP 302\)"):
        ask(base_url)


ERROR = b'data: {"error": {"code": 502, "message": "secret"}}\n\n'
COMMENT = b": OPENROUTER PROCESSING\n\n"
# The length announced is never reached: the answer hangs after these bytes.
HANGS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99999\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "logged"),
    [
        pytest.param(response(ERROR), "reason=error code=502", id="an error in the stream"),
        pytest.param(response(EVENTS + ERROR), "reason=error code=502", id="after a word"),
        pytest.param(response(b"data: {\n\n"), "reason=garbage", id="garbage"),
        pytest.param(response(COMMENT), "reason=broken", id="nothing but a comment"),
        pytest.param(HANGS + COMMENT, "reason=timeout", id="hangs"),
        pytest.param(HANGS + EVENTS, "reason=timeout", id="hangs after a word"),
    ],
)
def test_a_stream_that_fails_again_and_again_opens_the_breaker(scripted, answer, logged, caplog):
    base_url, answers, connections = scripted
    answers.append(answer)
    caplog.set_level(logging.WARNING)

    async def work() -> None:
        client = upstream(base_url, timeout_s=0.5, breaker=Breaker(failures=2, open_s=60))
        raised = []  # what is raised holds on to the answer, and counts for nothing
        for _ in range(2):
            with pytest.raises(UpstreamError) as caught:
                [piece async for piece in client.answer("When?", HITS, [])]
            raised.append(caught)
        with pytest.raises(UpstreamBusy):
            [piece async for piece in client.answer("When?", HITS, [])]
        assert sum(client.failures.counts.values()) == 2
        assert client.held == 0
        await client.close()

    asyncio.run(work())
    failed = [f"upstream failed {logged}"] * 2
    assert caplog.messages == [*failed[:2], "upstream breaker open_s=60 failures=2"]


def test_an_answer_that_nobody_reads_to_its_end_says_nothing_of_the_upstream(scripted):
    base_url, answers, _ = scripted
    answers.append(HANGS + EVENTS)

    async def work() -> None:
        client = upstream(base_url, breaker=Breaker(failures=1, open_s=60))
        async with aclosing(client.answer("When?", HITS, [])) as said:
            assert await anext(said) == "Yes"
        assert (client.breaker.failed, client.held) == (0, 0)
        await client.close()

    asyncio.run(work())
