"""Log lines: one line each, `key=value`, to stderr, never a question or a key."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

# A framework's frames come before the one that matters.
MAX_FRAMES = 12
MAX_LINE_CHARS = 2000
MAX_LINES_PER_S = 500
FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"


class _OneLine(logging.Formatter):
    """UTC times; also an exception of a library is one line, and without its text."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(FORMAT, "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return cut(" ".join(super().format(record).split("\n")))

    def formatException(self, ei: Any) -> str:
        return trace(ei[1])


def cut(line: str) -> str:
    """The line, at most MAX_LINE_CHARS of it; what is cut off is said."""
    left = len(line) - MAX_LINE_CHARS
    return f"{line[:MAX_LINE_CHARS]} ... {left} more" if left > 0 else line


class Pace(logging.Filter):
    """Lets `per_s` lines below an error pass in a second, and says later how many it did not.

    For all loggers together; errors always pass. A crowd of refused requests would fill a disk.
    """

    def __init__(self, per_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._per_s = per_s
        self._clock = clock
        self._second = 0
        self._passed = 0
        self._left_out = 0
        self.dropped = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if (second := int(self._clock())) != self._second:
            self._second, self._passed = second, 0
            if self._left_out:
                record.msg, record.args = f"{record.getMessage()} left_out={self._left_out}", ()
                self._left_out = 0
        self._passed += 1
        passes = self._passed <= self._per_s or record.levelno >= logging.ERROR
        self._left_out += not passes
        self.dropped += not passes
        return passes


PACE = Pace(MAX_LINES_PER_S)


def configure(name: str, level: str) -> None:
    """Write the lines of the logger `name` to stderr, from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    handler.addFilter(PACE)
    logger = logging.getLogger(name)
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(level.upper())


def trace(error: BaseException) -> str:
    """Its type and where it happened, innermost first, but not its text.

    That may repeat a question or a key.
    """
    frames = reversed(traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:])
    places = (f"{_short(frame.filename)}:{frame.lineno}" for frame in frames)
    return f"error={type(error).__qualname__} at={'<'.join(places)}"


def _short(filename: str) -> str:
    return "/".join(Path(filename).parts[-2:])
