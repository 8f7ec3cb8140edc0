"""A chat app of the standard library alone: `python stub.py PORT [serial|dies|fails|hangs]`."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ONE_S = 0.5  # that an answer takes where they are made one after the other
DIES_AT = 5
one_at_a_time = threading.Lock()
asked: list[None] = []


class Chat(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200, {})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        asked.append(None)
        how = sys.argv[2] if len(sys.argv) > 2 else ""
        if how == "dies" and len(asked) == DIES_AT:
            os._exit(7)
        if how == "hangs":
            time.sleep(600)
        if how == "serial":
            with one_at_a_time:
                time.sleep(ONE_S)
        if how == "fails":
            self._answer(500, {"detail": "Not today."})
        else:
            self._answer(200, {"answer": "Because."})

    def _answer(self, status: int, body: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Chat).serve_forever()
