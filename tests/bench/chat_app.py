"""A chat app of the standard library alone, for tests: `python chat_app.py PORT [dies|slow|fails|hoards]`."""

from __future__ import annotations

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DIES_AT = 3
held = []
asked = []


class Chat(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200, b"ready")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        asked.append(self.headers.get("Cookie"))
        how = sys.argv[2] if len(sys.argv) > 2 else ""
        if how == "dies" and len(asked) == DIES_AT:
            os._exit(7)
        if how == "slow":
            time.sleep(5)
        if how == "hoards":
            held.append(bytearray(16 << 20))
        self._answer(500 if how == "fails" else 200, repr(asked).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if "Cookie" not in self.headers:
            self.send_header("Set-Cookie", f"visitor={len(asked)}; Path=/; HttpOnly")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Chat).serve_forever()
