from __future__ import annotations

import http.server
import socket
import threading

import pytest

from tools.limits.free_port import free_port
from tools.profile.client import Load, Request, Visitor, ask, ask_all, repeat, visitors
from tools.profile.ports import Address


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        status = int(self.path.strip("/") or 200)
        cookie = self.headers.get("Cookie")
        self.server.seen.append((self.path, cookie))
        self.send_response(status)
        self.send_header("Set-Cookie", "visit=1; Path=/; HttpOnly")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        self.close_connection = self.path == "/201"

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.seen = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def address(server):
    return Address("127.0.0.1", server.server_address[1])


def test_nobody_there_is_no_answer():
    assert ask(Address("127.0.0.1", free_port()), Request("GET", "/"), 1.0) is None


def test_one_request(address):
    assert ask(address, Request("GET", "/204"), 5.0) == 204


def test_a_visitor_keeps_his_cookie_and_comes_back_when_he_is_put_out(address, server):
    visitor = Visitor(address, 5.0)
    statuses = [visitor.ask(Request("GET", path)) for path in ("/201", "/200", "/200")]
    visitor.close()
    assert statuses == [201, 200, 200]
    assert [cookie for _, cookie in server.seen] == [None, "visit=1", "visit=1"]


def test_errors_are_asked_and_not_answered(address):
    requests = repeat([Request("GET", "/200"), Request("GET", "/500")], 50)
    with visitors(address, 3, 5.0) as asking:
        load = ask_all(asking, requests, lambda: True)
    assert (load.asked, load.answered, load.failed) == (50, 25, {500: 25})
    assert load.p50_ms is not None
    assert load.p95_ms is not None
    assert load.p50_ms <= load.p95_ms


def test_it_stops_when_there_is_no_going_on(address, server):
    with visitors(address, 1, 5.0) as asking:
        requests = repeat([Request("GET", "/200")], 100)
        load = ask_all(asking, requests, lambda: len(server.seen) < 7)
    assert (load.asked, load.answered) == (100, 7)


def test_when_nobody_is_answered_the_rest_is_not_asked():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address("127.0.0.1", silent.getsockname()[1])
        with visitors(address, 2, 0.2) as asking:
            load = ask_all(asking, repeat([Request("GET", "/")], 100), lambda: True)
    assert (load.hung, load.asked, load.answered, load.failed) == (True, 100, 0, {None: 2})


def test_a_stream_that_never_ends_is_no_answer_in_time():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1])
        ended = threading.Event()

        def drip():
            client, _ = server.accept()
            with client:
                client.recv(65536)
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                while not ended.wait(0.05):
                    try:
                        client.sendall(b": ping\n\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            assert ask(address, Request("GET", "/"), 0.5) is None
        finally:
            ended.set()
            thread.join()


def test_nineteen_answers_have_no_p95():
    assert (Load(times_ms=[1.0] * 19).p95_ms, Load(times_ms=[1.0] * 20).p95_ms) == (None, 1.0)


@pytest.mark.parametrize(
    ("request_", "body", "kind"),
    [
        pytest.param(Request("GET", "/"), None, None, id="none"),
        pytest.param(Request("POST", "/", {"q": "ä"}), b'{"q": "\\u00e4"}', "application/json", id="JSON"),
        pytest.param(Request("POST", "/", form={"q": "ä b"}), b"q=%C3%A4+b", "application/x-www-form-urlencoded", id="form"),
        pytest.param(Request("POST", "/", 1, headers={"Content-Type": "text/x"}), b"1", "text/x", id="given"),
    ],
)  # fmt: skip
def test_bodies(request_, body, kind):
    found, headers = request_.body()
    assert (found, headers.get("Content-Type")) == (body, kind)
