"""A server that speaks as much of Qdrant's protocol as opening a store needs, and then hangs.

There is no Qdrant server to be had for the tests; what a hanging one does to its clients needs none.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hanging(ThreadingHTTPServer):
    """`hangs_at`: the end of the path that is never answered; `asked`: how often it was."""

    daemon_threads = True

    def __init__(
        self, about: dict[str, Any], count: int, hangs_at: str, drip_s: float | None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.results = {
            "/exists": {"exists": True},
            "/points": [{"id": 0, "payload": about}],
            "/points/count": {"count": count},
        }
        self.hangs_at, self.drip_s = hangs_at, drip_s
        self.asked = threading.Semaphore(0)
        self.left = threading.Semaphore(0)
        self.ends = threading.Event()

    @property
    def address(self) -> str:
        return f"qdrant+http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Hanging

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        if path.endswith(self.server.hangs_at):
            self._hang()
            return
        end = next(name for name in reversed(self.server.results) if path.endswith(name))
        body = {"result": self.server.results[end], "status": "ok", "time": 0}
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _hang(self) -> None:
        """Until the client has hung up."""
        self.server.asked.release()
        self.close_connection = True
        if self.server.drip_s is None:
            self.connection.recv(1)
        else:
            self.wfile.write(b"HTTP/1.0 200 OK\r\n")
            while not self.server.ends.wait(self.server.drip_s):
                try:
                    self.wfile.write(b"x: y\r\n")
                except OSError:
                    break
        self.server.left.release()

    def log_message(self, format: str, *values: Any) -> None:
        pass


@contextmanager
def hanging_qdrant(
    about: dict[str, Any], count: int, hangs_at: str = "/points/query", drip_s: float | None = None
) -> Iterator[Hanging]:
    """A server with one store, which never answers at `hangs_at`, or a header each `drip_s`."""
    with Hanging(about, count, hangs_at, drip_s) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.ends.set()
            server.shutdown()
            thread.join()
