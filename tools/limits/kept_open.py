"""Small files of the kernel's, read again and again: opening one costs ten times what reading it does."""

from __future__ import annotations

import os
from collections.abc import Callable

Read = Callable[[str], bytes]  # a path -> what is in it; raises OSError
_MOST_BYTES = 16 * 1024  # status, smaps_rollup and memory.stat have 1 to 3 KiB


def read_once(path: str) -> bytes:
    """What is in the file now. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(descriptor, _MOST_BYTES, 0)
    finally:
        os.close(descriptor)


class KeptOpen:
    """Files that stay open from one read to the next. Not for several threads at once."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        self._read: set[str] = set()

    def read(self, path: str) -> bytes:
        """What is in the file now. Raises OSError, as for a process that has ended."""
        descriptor = self._open.get(path)
        if descriptor is None:
            descriptor = self._open[path] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._read.add(path)
        try:
            return os.pread(descriptor, _MOST_BYTES, 0)
        except OSError:
            os.close(self._open.pop(path))  # the number may belong to another process by now
            raise

    def sweep(self) -> None:
        """Close what was not read since the last sweep: processes end, and others begin."""
        for path in self._open.keys() - self._read:
            os.close(self._open.pop(path))
        self._read.clear()

    def close(self) -> None:
        self._read.clear()
        self.sweep()
