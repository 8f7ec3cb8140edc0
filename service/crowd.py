"""What all connections of a server have together."""

from __future__ import annotations

# What `protocol.py` and `bounded_heads.py` refuse with.
STATUSES = (400, 408, 414, 429, 431, 503)


class Crowd:
    """The connections of one server."""

    def __init__(self) -> None:
        #: Connections that were refused, and are not yet closed.
        self.lingering: set[object] = set()
        #: Bytes that connections hold for heads of requests.
        self.head_bytes = 0
        #: How many were refused, by status.
        self.closed = dict.fromkeys(STATUSES, 0)
