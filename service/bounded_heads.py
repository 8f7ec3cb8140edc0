"""Heads of HTTP requests, bounded while they are parsed: bytes, headers, requests in a row.

A few bytes on the wire become far more as objects, so what is counted are the objects too.
"""

from __future__ import annotations

from typing import NoReturn

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.crowd import Crowd
from service.errors import Told

# nginx and Node take 16 to 32 KiB, gunicorn and Apache 100 headers.
MAX_HEAD_BYTES = 32 * 1024
MAX_HEADERS = 100
PIECE_BYTES = 4 * 1024
# Requests that a client sends before the one before them is answered. Browsers send none.
MAX_AHEAD = 4
# What a request takes beside its head's text, and what a header does (CPython 3.11).
REQUEST_BYTES = 3 * 1024
HEADER_BYTES = 160

NO_HTTP = Told(400, "This is no valid HTTP request.")
LONG_ADDRESS = Told(414, f"The address may have at most {MAX_HEAD_BYTES // 1024} KiB.")
LARGE_HEAD = Told(431, f"The headers may have at most {MAX_HEAD_BYTES // 1024} KiB.")
MANY_HEADERS = Told(431, f"There may be at most {MAX_HEADERS} headers.")
TOO_FAR_AHEAD = Told(429, "Wait for an answer before you ask again on the same connection.")
NO_UPGRADE = Told(400, "This service speaks HTTP/1.1 only: send the request without Upgrade.")


class _Refused(Exception):
    """Leaves the parser, which makes an error of its own of it."""


class BoundedHeads(HttpToolsProtocol):
    """One connection; what is out of bounds is given to `refuse`, and nothing is parsed after it."""

    crowd: Crowd
    refused = False
    #: Bytes that this connection holds for heads: of those not answered, and of the last one.
    held_bytes = 0

    _refusal = NO_HTTP
    _head_bytes = 0
    _headers = 0
    # What each head before that one holds, oldest first: of those that are not answered yet.
    _before: tuple[int, ...] = ()
    # Bytes that came and are no body: also those of a header that is not yet whole, of trailers.
    _pending_bytes = 0

    def refuse(self, told: Told) -> None:
        """Answer in place of the application, and close."""
        raise NotImplementedError

    def connection_lost(self, exc: Exception | None) -> None:
        self._hold(0)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # What is pending is forgotten where a part ends, though more of the same piece may be behind.
        for at in range(0, len(data), PIECE_BYTES):
            self._parse(data[at : at + PIECE_BYTES])
            if self.refused or self.transport.is_closing():
                return

    def _parse(self, piece: bytes) -> None:
        self._pending_bytes += len(piece)
        super().data_received(piece)
        if self._pending_bytes > MAX_HEAD_BYTES and not self.refused:
            self.refuse(LARGE_HEAD)
        if not self.refused:
            self._hold(sum(self._before) + self._size() + self._pending_bytes)

    def send_400_response(self, msg: str) -> None:
        self.refuse(self._refusal)

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: uvicorn would tell to install a WebSocket library, of which none is wanted."""

    def on_message_begin(self) -> None:
        before = () if self._in_turn() else (*self._before, self._size())
        if before and len(self.pipeline) >= MAX_AHEAD:
            self._refuse_head(TOO_FAR_AHEAD)
        # What was answered meanwhile is gone: one is being answered, the others wait.
        self._before = before[-1 - len(self.pipeline) :]
        self._head_bytes = self._headers = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url), LONG_ADDRESS)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value), LARGE_HEAD)
        self._headers += 1
        if self._headers > MAX_HEADERS:
            self._refuse_head(MANY_HEADERS)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._pending_bytes = 0
        # The parser takes no body after it, so the question would be an empty one.
        if self.parser.should_upgrade() and _has_body(self.headers):
            self._refuse_head(NO_UPGRADE)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._pending_bytes = max(0, self._pending_bytes - len(body))
        super().on_body(body)

    def on_chunk_complete(self) -> None:
        """Its size and line ends are behind; many small chunks make no large head."""
        self._pending_bytes = 0

    def on_message_complete(self) -> None:
        self._pending_bytes = 0
        super().on_message_complete()

    def forget_head(self) -> None:
        """Give back what came of it, which is in the parser, too: nothing is parsed any more."""
        self._hold(0)
        self.headers = []
        self.pipeline.clear()
        self.parser = None  # type: ignore[assignment]

    def _size(self) -> int:
        """Bytes of the head that arrives, or arrived last, its objects included."""
        return REQUEST_BYTES + HEADER_BYTES * self._headers + self._head_bytes

    def _in_turn(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return not self.pipeline and (cycle is None or cycle.response_complete)

    def _count(self, size: int, refusal: Told) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse_head(refusal)

    def _refuse_head(self, refusal: Told) -> NoReturn:
        self._refusal = refusal
        raise _Refused

    def _hold(self, size: int) -> None:
        self.crowd.head_bytes += size - self.held_bytes
        self.held_bytes = size


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether one is announced (https://www.rfc-editor.org/rfc/rfc9112#section-6.3)."""
    lengths = [value for name, value in headers if name == b"content-length"]
    return lengths not in ([], [b"0"]) or any(name == b"transfer-encoding" for name, _ in headers)
