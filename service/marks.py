"""Tells a profiler when a stage of the start has ended; does nothing unless one is listening."""

from __future__ import annotations

import os
import time
from contextlib import suppress

VARIABLE = "FIT512_MARKS"  # names the pipe or file that gets a line for each stage


def mark(stage: str) -> None:
    """Write `STAGE SECONDS` of the monotonic clock; a profiler that has left is no error."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    with suppress(OSError):
        # Neither made nor waited for: a start must not depend on who looks at it.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
        try:
            os.write(descriptor, f"{stage} {time.monotonic():.6f}\n".encode())
        finally:
            os.close(descriptor)
