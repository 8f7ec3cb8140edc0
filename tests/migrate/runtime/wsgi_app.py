"""The same for WSGI, under the threading server of the standard library; prints its port."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

from tools.migrate.runtime.sessions import WsgiSessionMiddleware
from tools.migrate.runtime.window_memory import WindowMemory

memory = WindowMemory(k=2)


def turn(text: str) -> str:
    memory.save_context({"input": text}, {"output": "ok"})
    return ",".join(m.content for m in memory.chat_memory.messages if m.type == "human")


def application(environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
    _, kind, text = environ["PATH_INFO"].split("/")
    start_response("200 OK", [("Content-Type", "text/plain")])
    if kind == "list":
        return [turn(text).encode()]

    def parts() -> Iterator[bytes]:
        yield turn(text).encode() + b";"
        yield turn(text + "2").encode()

    return parts()


class ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    with make_server("127.0.0.1", 0, WsgiSessionMiddleware(application), ThreadingServer) as server:
        print(server.server_port, flush=True)  # noqa: T201
        server.serve_forever()
