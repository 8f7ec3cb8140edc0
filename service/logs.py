"""Log lines: one line each, `key=value`, to stderr, never a question or a key."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from pathlib import Path
from typing import Any

# A framework's frames come before the one that matters.
MAX_FRAMES = 12
FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"


class _OneLine(logging.Formatter):
    """UTC times; also an exception of a library is one line, and without its text."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(FORMAT, "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(super().format(record).split("\n"))

    def formatException(self, ei: Any) -> str:
        return trace(ei[1])


def configure(name: str, level: str) -> None:
    """Write the lines of the logger `name` to stderr, from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
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
