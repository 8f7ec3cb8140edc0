"""Asks a chat service many questions, a given number at a time, over connections that stay open.

Each connection is a visitor, who keeps the cookie that he is given.

Raw asyncio streams: a client library would take more of the two cores than the service does.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What a load came to. Times in ms, from the request's first byte to the response's last."""

    asked: int
    answered: int
    p50_ms: float
    p95_ms: float
    per_second: float


def figures(one: Load, many: Load) -> dict[str, float]:
    """A load of one at a time and one of many, by the names that the reports use."""
    return {
        "one_p50_ms": one.p50_ms,
        "one_p95_ms": one.p95_ms,
        "p50_ms": many.p50_ms,
        "p95_ms": many.p95_ms,
        "per_second": many.per_second,
        "asked": one.asked + many.asked,
        "answered": one.answered + many.answered,
    }


def ask(
    port: int,
    questions: Sequence[str],
    *,
    sessions: int,
    at_a_time: int,
    within_s: float | None = None,
) -> Load:
    """Ask all `questions`, spread evenly over `sessions`, `at_a_time` of them at once.

    Raises TimeoutError when that takes longer than `within_s`, and what asyncio raises where the
    service closes a connection.
    """
    asking = _ask(port, questions, sessions, at_a_time)
    return asyncio.run(asyncio.wait_for(asking, within_s))


async def _ask(port: int, questions: Sequence[str], sessions: int, at_a_time: int) -> Load:
    bodies = iter(
        [
            json.dumps({"question": question, "session_id": f"bench-{n % sessions}"}).encode()
            for n, question in enumerate(questions)
        ]
    )
    times: list[float] = []
    started = time.perf_counter()
    await asyncio.gather(*(_visitor(port, bodies, times) for _ in range(at_a_time)))
    seconds = time.perf_counter() - started
    return Load(
        asked=len(questions),
        answered=len(times),
        p50_ms=statistics.median(times) if times else float("nan"),
        p95_ms=statistics.quantiles(times, n=20)[-1] if len(times) > 1 else float("nan"),
        per_second=len(times) / seconds,
    )


async def _visitor(port: int, bodies: Iterator[bytes], times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    cookie = b""
    try:
        for body in bodies:
            started = time.perf_counter()
            status, given = await _post(reader, writer, body, cookie)
            cookie = given or cookie
            if status == 200:
                times.append((time.perf_counter() - started) * 1000)
    finally:
        writer.close()
        await writer.wait_closed()


async def _post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes, cookie: bytes
) -> tuple[int, bytes]:
    """The status, and the header that returns a cookie if one was set."""
    writer.write(
        b"POST /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"%bContent-Length: %d\r\n\r\n%b" % (cookie, len(body), body)
    )
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(b":") for x in lines)}
    await reader.readexactly(int(headers[b"content-length"]))
    given = headers.get(b"set-cookie", b"").split(b";")[0]
    return int(head.split(b" ", 2)[1]), b"Cookie: %b\r\n" % given if given else b""
