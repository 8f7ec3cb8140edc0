"""The last lines that an app wrote: kept in memory, so that a full disk does no harm."""

from __future__ import annotations

import threading
from collections import deque
from typing import IO

_LINES, _LINE_BYTES = 40, 2000


class Tail:
    """Reads a stream to its end in a thread of its own, and keeps the last lines."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._lines: deque[bytes] = deque(maxlen=_LINES)
        self._stream = stream
        self._thread = threading.Thread(target=self._read, name="fit512-tail", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while line := self._stream.readline(_LINE_BYTES):
            self._lines.append(line)

    def text(self, lines: int = 8) -> str:
        """The last lines, when the stream has ended or within a moment."""
        self._thread.join(0.5)
        shown = [line.decode("utf-8", "replace").rstrip() for line in self._lines]
        return "\n".join(f"  | {line}" for line in shown[-lines:])

    def join(self) -> None:
        """Wait for the end of the stream, which is there once all its writers have ended."""
        self._thread.join()
