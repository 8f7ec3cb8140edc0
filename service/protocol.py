"""HTTP on the wire, with bounds that uvicorn does not have: size of a head, time, connections.

`python -m service` speaks it. An ASGI server that is started by hand has only its own bounds, and
uvicorn's parser keeps whatever headers a client sends.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from service.bounded_heads import BoundedHeads
from service.crowd import Crowd
from service.errors import Told

log = logging.getLogger(__name__)

# Room for heads, for each connection that may be open: a browser's takes about half of it.
HEAD_BYTES_EACH = 8 * 1024
# What the kernel keeps of an answer that is not read; it doubles it (socket(7)). By itself it takes up
# to 4 MiB for each connection (tcp(7), tcp_wmem), which counts against a cgroup v2 limit.
SEND_BUFFER_BYTES = 32 * 1024
# Closing while the client still sends would reset the connection, and the answer with it.
LINGER_S = 1.0
MAX_DISCARDED_BYTES = 2**20
# A route that reads the body answers 408 itself; this is for the others.
SPARE_S = 1.0
# Beyond the bound, for a host that asks whether the service lives, and how, while all others are
# being answered.
ASIDE = 1
HEALTH = (b"/health", b"/ready", b"/metrics")

TOO_LATE = Told(408, "The request took too long to arrive.")
FULL = Told(503, "Too many connections at once. Try again in a moment.", {"Retry-After": "1"})


class BoundedProtocol(BoundedHeads):
    """One connection. Beyond `max_connections` the one that has kept us waiting longest is closed,
    so that a crowd of idle ones locks nobody out. While all are being answered, one more may ask for
    the health.

    `deadline_s`: seconds for a whole head, again for a whole body, and for a client that has stopped
    reading to go on.
    """

    max_connections: int
    deadline_s: float

    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _unread_bytes = 0
    _discarded_bytes = 0
    _aside = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.since = self.loop.time()
        self._within(self.deadline_s)
        # The time to read on begins with the first byte that the kernel does not take.
        transport.set_write_buffer_limits(high=0)
        self._bound_kernel(transport.get_extra_info("socket"))
        if self._over() > 0:
            self._make_room()

    def _bound_kernel(self, connection: socket.socket) -> None:
        """What it keeps of an answer that is not read, and how long: also after we have closed."""
        with suppress(OSError):  # a Unix socket has no such time
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                deadline_ms = int(self.deadline_s * 1000)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, deadline_ms)

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        self.crowd.lingering.discard(self)
        self._is_read()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        # Else who never reads an answer would hold its place for ever.
        self._wait_for_reader()

    def resume_writing(self) -> None:
        self._is_read()
        super().resume_writing()

    def _wait_for_reader(self) -> None:
        self._unread_bytes = self.unread
        self._unread = self.loop.call_later(self.deadline_s, self._look_whether_it_is_read)

    def _look_whether_it_is_read(self) -> None:
        """Who reads slowly goes on; nothing is written while it is waited for."""
        if self.unread < self._unread_bytes:
            self._wait_for_reader()
        else:
            self.transport.abort()

    def _is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def data_received(self, data: bytes) -> None:
        if self.refused:
            self._discarded_bytes += len(data)
            if self._discarded_bytes > MAX_DISCARDED_BYTES:
                self.transport.abort()
            return
        if self._timer is None and not self.answering:
            self._within(self.deadline_s)
        super().data_received(data)
        if not self.refused:
            self._bound_heads()

    def on_headers_complete(self) -> None:
        self._aside = self._aside and self._over() > 0
        if self._aside and self.url.partition(b"?")[0] not in HEALTH:
            self._refuse_head(FULL)
        super().on_headers_complete()
        self._within(self.deadline_s + SPARE_S)

    def on_message_complete(self) -> None:
        self._in_time()
        super().on_message_complete()

    @property
    def answering(self) -> bool:
        """Whether a whole request is being answered, rather than waited for."""
        cycle: RequestResponseCycle | None = self.cycle
        return self._timer is None and cycle is not None and not cycle.response_complete

    @property
    def unread(self) -> int:
        """Bytes of its answer that the client has not taken yet."""
        return self.transport.get_write_buffer_size()

    def refuse(self, told: Told) -> None:
        """Answer in place of the application, and close. Half an answer is only cut off."""
        self.refused = True
        self._in_time()
        self.forget_head()
        self._unset_keepalive_if_required()
        self.crowd.closed[told.status] += 1
        log.info("connection closed status=%d", told.status)
        if self.transport.is_closing():
            self._end()
            return
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started:
                self._end()
                return
            cycle.disconnected = True  # what the application says now comes too late
            cycle.message_event.set()
        self.transport.write(_raw(told))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        # As many as may be open: beyond, a crowd is closed at once.
        if len(self.crowd.lingering) < self.max_connections:
            self.crowd.lingering.add(self)
            self._timer = self.loop.call_later(LINGER_S, self._end)
        else:
            self._end()

    def _end(self) -> None:
        """Close; what is not read by then is dropped, or it would keep the connection open."""
        self.transport.close()
        self._timer = self.loop.call_later(LINGER_S, self.transport.abort)

    def _bound_heads(self) -> None:
        """Close those that hold most, and wait, while all together hold too much."""
        while self.crowd.head_bytes > HEAD_BYTES_EACH * self.max_connections:
            holding = [one for one in self._waiting() if one.held_bytes]
            if not holding:
                break
            max(holding, key=lambda one: one.held_bytes).give_way()

    def _waiting(self) -> list[BoundedProtocol]:
        """The connections that have a request which is not being answered, or none."""
        every = (one for one in self.connections if isinstance(one, BoundedProtocol))
        return [one for one in every if not one.answering or one.pipeline]

    def _make_room(self) -> None:
        waiting = [one for one in self._waiting() if one is not self]
        if waiting:
            min(waiting, key=lambda one: one.since).give_way()
        if self._over() > ASIDE:
            self.give_way()
        else:
            self._aside = self._over() > 0

    def _over(self) -> int:
        """Connections beyond the bound; not above 0 where there is room."""
        return len(self.connections) - self.max_connections

    def give_way(self) -> None:
        """Close for the sake of another connection."""
        self.connections.discard(self)  # at once: the next one counts too
        self.refuse(FULL)

    def _within(self, seconds: float) -> None:
        self._in_time()
        self._timer = self.loop.call_later(seconds, self._late)

    def _in_time(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if self.pipeline:  # not read on while the request before it is answered
            self._within(self.deadline_s)
        else:
            self.refuse(TOO_LATE)


def bounded(*, max_connections: int, deadline_s: float) -> type[BoundedProtocol]:
    """The protocol with these bounds, for uvicorn's `http=`."""
    bounds = {
        "max_connections": max_connections,
        "deadline_s": deadline_s,
        "crowd": Crowd(),
    }
    return type("Protocol", (BoundedProtocol,), bounds)


def _raw(told: Told) -> bytes:
    response = told.response()
    headers = [*response.raw_headers, (b"connection", b"close")]
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"%b%b\r\n%b" % (STATUS_LINE[told.status], lines, bytes(response.body))
