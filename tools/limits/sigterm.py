"""Ending on SIGTERM as on an exception: what CI, `timeout` and systemd send to a command."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ended_by_sigterm(program: str) -> Iterator[None]:
    """Leave every `with` block on SIGTERM too, so that no process and no file is left behind.

    The exit code is then 143. Python's own handler ends the process at once.
    """

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # a second one would cut the cleaning short
        sys.stderr.write(f"{program}: ended by SIGTERM\n")
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
