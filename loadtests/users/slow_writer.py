"""A request whose body comes a byte at a time, as of a client that wants to hold a connection."""

from __future__ import annotations

import json
import select
import socket
import ssl
import time
from urllib.parse import urlsplit

from loadtests.adapters.base import Ask

PAUSE_S = 0.5


def write_slowly(host: str, asked: Ask, timeout_s: float) -> tuple[int, bytes]:
    """Status and body of what the server says to it; status 0 when it just closes, or says nothing."""
    where = urlsplit(host)
    secure = where.scheme == "https"
    address = (where.hostname or "", where.port or (443 if secure else 80))
    body = json.dumps(asked.body).encode()
    head = (
        f"POST {where.path.rstrip('/')}{asked.path} HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    try:
        with socket.create_connection(address, timeout=timeout_s) as plain:
            context = ssl.create_default_context() if secure else None
            sock = context.wrap_socket(plain, server_hostname=address[0]) if context else plain
            sock.sendall(head.encode())
            return _parse(_drip(sock, body, timeout_s))
    except OSError:
        return 0, b""


def _drip(sock: socket.socket, body: bytes, timeout_s: float) -> bytes:
    """Send until something comes back; what came."""
    deadline = time.monotonic() + timeout_s
    for byte in body:
        if select.select([sock], [], [], PAUSE_S)[0] or time.monotonic() > deadline:
            break
        sock.sendall(bytes([byte]))
    said = b""
    while piece := sock.recv(65536):
        said += piece
    return said


def _parse(said: bytes) -> tuple[int, bytes]:
    head, _, body = said.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    return (int(words[1]), body) if len(words) > 1 and words[1].isdigit() else (0, b"")
