"""A real Redis on a free port, in a process of its own, with nothing on disk."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.missing import missing
from tests.service.helpers import eventually
from tools.limits.free_port import free_port

PROGRAM = shutil.which("redis-server")


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen]]:
    """Its address and its process, ready; killed at the end."""
    if PROGRAM is None:
        missing("no redis-server: apt-get install redis-server")
    port = port or free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(
        [PROGRAM, *arguments, "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    try:
        eventually(lambda: _listens(port))
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.kill()
        process.wait(30)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16) == b"+PONG\r\n"
    except OSError:
        return False
