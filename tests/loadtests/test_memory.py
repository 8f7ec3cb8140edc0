"""The memory of a host that runs elsewhere: what its /metrics tells, and what it does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from loadtests.memory import OfMetrics, Peak


@contextmanager
def host(pages: list[str]) -> Iterator[str]:
    """A host that shows one page after the other at /metrics, and the last one again and again."""

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = (pages.pop(0) if len(pages) > 1 else pages[0]).encode()
            self.send_response(200 if self.path == "/metrics" and page else 404)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def shown(requests: int, working_set_mib: int) -> str:
    mib = 1024 * 1024
    return (
        f"fit512_requests_total {requests}\nfit512_cgroup_working_set_bytes {working_set_mib * mib}\n"
        f"fit512_rss_bytes {2 * working_set_mib * mib}\nfit512_cgroup_limit_bytes {512 * mib}\n"
    )


def test_the_peak_and_the_limit_come_from_the_host():
    with host([shown(1, 90), shown(2, 120), shown(3, 100)]) as url:
        source = OfMetrics(url, None)
        samples = [source.sample() for _ in range(3)]

    assert [sample.working_set_mib for sample in samples] == [90.0, 120.0, 100.0]
    assert source.peak() == Peak(120.0, 240.0, None, oom_kills=0, restarts=0, limit_mib=512.0)


def test_a_restart_is_counted_and_its_reason_stays_unknown():
    with host([shown(50, 90), shown(2, 90)]) as url:
        source = OfMetrics(url, None)
        for _ in range(3):
            source.sample()

    assert (source.peak().restarts, source.peak().oom_kills) == (1, None)


def test_a_given_limit_counts_where_the_host_tells_none():
    with host(["process_resident_memory_bytes 1048576"]) as url:
        source = OfMetrics(url, 160.0)
        source.sample()

    assert source.peak() == Peak(None, 1.0, None, None, None, 160.0)


def test_a_host_that_tells_nothing_was_not_measured():
    with host([""]) as url:
        source = OfMetrics(url, 512.0)
        assert source.sample() is None

    assert source.peak() == Peak(limit_mib=512.0)
