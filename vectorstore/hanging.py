"""A server that is not heard from: the connection to it is hung up, whoever waits for it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def heard_from(within_s: float, end: Callable[[], None]) -> Iterator[None]:
    """Call `end`, in another thread, when the block is not through within `within_s` seconds."""
    timer = threading.Timer(within_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def hang_up(descriptor: int) -> None:
    """Who waits for an answer sees the connection end. Raises OSError for one that is closed."""
    # Not close(): the thread that waits still uses the descriptor, which another file could get.
    with socket.socket(fileno=os.dup(descriptor)) as ours:
        ours.shutdown(socket.SHUT_RDWR)
