"""Waiting for a server that was just started."""

from __future__ import annotations

import http.client
import time

from tools.limits.process import Limited
from vectorstore.commandline import CommandError

_POLL_S = 0.005
_ANSWER_S = 5.0


class NotReady(CommandError):
    """The server ended, or took too long; `reason` says which, after "the service"."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the service {reason}.")
        self.reason = reason


def await_ready(app: Limited, port: int, path: str = "/ready", *, within_s: float = 120.0) -> float:
    """Seconds from the start of `app` until GET `path` answered 200. Raises NotReady."""
    while time.monotonic() < app.started_s + within_s:
        if app.poll() is not None:
            raise NotReady(f"ended with {app.poll()} before it was ready")
        if _answers(port, path):
            return time.monotonic() - app.started_s
        time.sleep(_POLL_S)
    raise NotReady(f"did not answer GET {path} with 200 within {within_s:g} s")


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
