"""Asking an app over HTTP: one request, or many at a time over connections that stay open."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tools.profile.ports import Address

_JOIN_S = 0.1
_AT_ONCE_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `json` or `form` is the body; None sends none."""

    method: str
    path: str
    json: Any = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None

    def body(self) -> tuple[bytes | None, dict[str, str]]:
        """With the headers that go with it."""
        given = dict(self.headers or {})
        if self.json is not None:
            return json.dumps(self.json).encode(), {"Content-Type": "application/json", **given}
        if self.form is not None:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return urlencode(self.form).encode(), {**kind, **given}
        return None, given


@dataclass(slots=True)
class Load:
    """What a load came to. Times in ms, of answers with a status below 400.

    `failed` counts the others by their status, None for no answer in time.
    """

    asked: int = 0
    times_ms: list[float] = field(default_factory=list)
    failed: Counter[int | None] = field(default_factory=Counter)
    seconds: float = 0.0
    processor_s: float | None = None  # of all the app's processes together
    told_ms: Mapping[str, float] = field(default_factory=dict)  # part -> mean, by the app itself
    hung: bool = False  # given up: nobody was answered for as long as one visitor waits

    @property
    def processor_ms(self) -> float | None:
        """Processor time for one answer."""
        known = self.processor_s is not None and self.times_ms
        return self.processor_s * 1000 / len(self.times_ms) if known and self.processor_s else None

    @property
    def answered(self) -> int:
        return len(self.times_ms)

    @property
    def p50_ms(self) -> float | None:
        return statistics.median(self.times_ms) if self.times_ms else None

    @property
    def p95_ms(self) -> float | None:
        """None below 20 answers, of which the slowest would be it."""
        enough = len(self.times_ms) >= 20
        return statistics.quantiles(self.times_ms, n=20)[-1] if enough else None


class Visitor:
    """One connection, and the cookies that it was given. Not for several threads."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._connection = http.client.HTTPConnection(address.host, address.port, timeout=timeout_s)
        self._cookies: dict[str, str] = {}

    def ask(self, request: Request) -> int:
        """The status of the answer, which is read to its end.

        Raises OSError or http.client.HTTPException where there is none.
        """
        try:
            return self._ask(request)
        except (ConnectionError, http.client.HTTPException):
            self.close()  # a connection kept alive may have been closed meanwhile: once more, anew
            return self._ask(request)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def _ask(self, request: Request) -> int:
        until_s = time.monotonic() + self.timeout_s
        body, headers = request.body()
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
        self._connection.request(request.method, request.path, body, headers)
        sending = self._connection.sock
        response = self._connection.getresponse()
        _read_all(response, sending, until_s)
        if self._connection.sock:  # kept alive, for the next one
            self._connection.sock.settimeout(self.timeout_s)
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value.strip()
        return response.status


def _read_all(response: http.client.HTTPResponse, sending: socket.socket, until_s: float) -> None:
    """Raises TimeoutError at `until_s` (monotonic): a stream that sends a byte now and then has no end."""
    while response.read1(_AT_ONCE_BYTES):
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        if not response.isclosed():
            sending.settimeout(left_s)
    response.read()  # nothing, but it gives the connection free


def ask(address: Address, request: Request, timeout_s: float) -> int | None:
    """The status of the answer to one request; None where there is none."""
    visitor = Visitor(address, timeout_s)
    try:
        return visitor.ask(request)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        visitor.close()


@contextmanager
def visitors(address: Address, count: int, timeout_s: float) -> Iterator[Sequence[Visitor]]:
    """So many of them, whose connections are closed at the end."""
    made = [Visitor(address, timeout_s) for _ in range(count)]
    try:
        yield made
    finally:
        for visitor in made:
            visitor.close()


def ask_all(
    visitors: Sequence[Visitor], requests: Sequence[Request], go_on: Callable[[], bool]
) -> Load:
    """Ask all `requests`, each visitor one at a time, as long as `go_on()` holds.

    What is not answered within a visitor's timeout counts as not answered; when nobody is for as long,
    the rest is not asked.
    """
    load = Load(asked=len(requests))
    todo = _Shared(iter(requests), time.monotonic())
    started = time.perf_counter()
    threads = [
        threading.Thread(target=_visit, args=(visitor, todo, load, go_on), daemon=True)
        for visitor in visitors
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():  # a join without a timeout would hold back Ctrl-C
            thread.join(_JOIN_S)
    load.seconds = time.perf_counter() - started
    return load


class _Shared:
    """An iterator that several threads take from; when one of them was answered last (monotonic)."""

    def __init__(self, source: Iterator[Request], answered_s: float) -> None:
        self._source, self._lock = source, threading.Lock()
        self.answered_s = answered_s

    def take(self) -> Request | None:
        with self._lock:
            return next(self._source, None)


def _visit(visitor: Visitor, todo: _Shared, load: Load, go_on: Callable[[], bool]) -> None:
    while go_on() and (request := todo.take()) is not None:
        started = time.perf_counter()
        status: int | None = None
        with suppress(OSError, http.client.HTTPException):
            status = visitor.ask(request)
            todo.answered_s = time.monotonic()
        if status is not None and status < 400:
            load.times_ms.append((time.perf_counter() - started) * 1000)
        else:
            load.failed[status] += 1
        if time.monotonic() - todo.answered_s >= visitor.timeout_s:
            load.hung = True
            return


def repeat(requests: Sequence[Request], count: int) -> list[Request]:
    """`count` requests: the list over and over."""
    return list(itertools.islice(itertools.cycle(requests), count))
