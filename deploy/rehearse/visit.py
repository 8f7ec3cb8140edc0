"""The requests of a host: an open port, a health check, and one question."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Sequence

# Another address of the machine than 127.0.0.1: what listens there alone, no host can reach.
ADDRESS = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
REFUSED = 400  # Django and Starlette say so to a name that is not allowed
NOT_THERE = (REFUSED, 403, 404, 405, 415, 422, 501)  # no /chat, or one that is asked otherwise


def is_open(port: int, address: str = ADDRESS) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((address, port)) == 0


def session(command: Sequence[str], timeout_s: float) -> tuple[str, str | None]:
    """(what was done, the first exception) of a page that was opened as a browser does."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return "", f"no page within {timeout_s:g} s"
    if done.returncode:
        return "", f"no page: {done.stderr.strip().rpartition(chr(10))[2]}"
    seen = json.loads(done.stdout)
    return seen["did"], next(iter(seen["exceptions"]), None)


def status(port: int, path: str, name: str, timeout_s: float) -> int | None:
    """The answer to a GET from that Host; None where there was none in time."""
    return _ask(port, "GET", path, None, {"Host": name}, timeout_s)


def chat(port: int, question: str, name: str, timeout_s: float) -> int | None:
    """The answer to a question; None where the app has no /chat like the service's."""
    body = json.dumps({"question": question})
    code = _ask(
        port, "POST", "/chat", body, {"Host": name, "Content-Type": "application/json"}, timeout_s
    )
    return None if code in NOT_THERE else code or 0


def _ask(
    port: int, method: str, path: str, body: str | None, headers: dict[str, str], timeout_s: float
) -> int | None:
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=timeout_s)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
