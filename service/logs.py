"""Log lines: one line each, `key=value`, to stderr, never a question or a key."""

from __future__ import annotations

import logging
import sys
import time
import traceback

FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"


class _OneLine(logging.Formatter):
    """UTC times."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(FORMAT, "%Y-%m-%dT%H:%M:%S")


def configure(name: str, level: str) -> None:
    """Write the lines of the logger `name` to stderr, from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    logger = logging.getLogger(name)
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(level.upper())


def trace(error: Exception) -> str:
    """Where it happened and its type, but not its text: that may repeat a question or a key."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{frames}{type(error).__qualname__}"
