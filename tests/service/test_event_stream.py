from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from service.event_stream import HEARTBEAT, EventStream, event


@pytest.mark.parametrize(
    ("name", "data", "sent"),
    [
        pytest.param("token", {"text": "a"}, b'event: token\ndata: {"text":"a"}\n\n', id="named"),
        pytest.param(None, {"a": 1}, b'data: {"a":1}\n\n', id="without a name"),
        pytest.param(
            "x", "a\r\nb\u2028", b'event: x\ndata: "a\\r\\nb\xe2\x80\xa8"\n\n', id="lines"
        ),
    ],
)
def test_an_event_is_one_line_of_json(name, data, sent):
    assert event(name, data) == sent


async def respond(response: EventStream, *, leaves: asyncio.Event | None = None) -> list[dict]:
    """The messages that a server gets from `response`; the client goes when `leaves` is set."""
    sent: list[dict] = []

    async def receive() -> dict:
        await (leaves or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message) -> None:
        sent.append(message)

    await response({"type": "http"}, receive, send)
    return sent


def test_chunks_are_sent_as_they_come_and_the_end_is_told():
    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b"1"
        yield b"2"

    start, *bodies = asyncio.run(respond(EventStream(chunks())))
    assert start["status"] == 200
    assert dict(start["headers"]) == {
        b"content-type": b"text/event-stream; charset=utf-8",
        b"x-accel-buffering": b"no",
    }
    assert [body["body"] for body in bodies] == [b"1", b"2", b""]
    assert [body.get("more_body", False) for body in bodies] == [True, True, False]


def test_a_silence_is_broken_by_comments():
    async def ask() -> list[dict]:
        beats = asyncio.Event()

        async def chunks() -> AsyncGenerator[bytes, None]:
            await beats.wait()
            yield b"late"

        asyncio.get_running_loop().call_later(0.2, beats.set)
        return await respond(EventStream(chunks(), heartbeat_s=0.01))

    _, *messages = asyncio.run(ask())
    bodies = [message["body"] for message in messages]
    assert (bodies[0], bodies[-1]) == (HEARTBEAT, b"")
    assert [body for body in bodies if body != HEARTBEAT] == [b"late", b""]


def test_what_produces_is_closed_when_the_client_goes():
    async def ask() -> tuple[list[bytes], list[str]]:
        leaves, closed = asyncio.Event(), []

        async def chunks() -> AsyncGenerator[bytes, None]:
            try:
                yield b"first"
                leaves.set()
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.01)  # closing may take its time
                closed.append("closed")

        _, *bodies = await respond(EventStream(chunks()), leaves=leaves)
        return [body["body"] for body in bodies], closed

    assert asyncio.run(ask()) == ([b"first"], ["closed"])


def test_what_fails_unexpectedly_fails_the_response():
    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b"first"
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        asyncio.run(respond(EventStream(chunks())))
