from __future__ import annotations

import sys

import pytest

from tools.limits import start
from tools.limits.free_port import free_port
from tools.limits.ready import NotReady, await_ready

SERVER = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""


def test_seconds_until_it_answers():
    port = free_port()
    with start([sys.executable, "-c", SERVER, str(port)], limit_mib=None) as app:
        assert 0 < await_ready(app, port) < 120


@pytest.mark.parametrize(
    ("code", "path", "within_s", "says"),
    [
        pytest.param("raise SystemExit(3)", "/ready", 120, "ended with 3 before", id="ended"),
        pytest.param(SERVER, "/other", 0.5, "GET /other with 200 within 0.5 s", id="another status"),
        pytest.param("import time; time.sleep(60)", "/ready", 0.5, "GET /ready with 200 within", id="does not listen"),
    ],
)  # fmt: skip
def test_not_ready(code, path, within_s, says):
    port = free_port()
    with (
        start([sys.executable, "-c", code, str(port)], limit_mib=None) as app,
        pytest.raises(NotReady, match=says),
    ):
        await_ready(app, port, path, within_s=within_s)
