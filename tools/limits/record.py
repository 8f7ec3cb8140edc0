"""What a local server was asked, in bounded memory."""

from __future__ import annotations

from collections import deque
from typing import Any

_KEPT_BYTES = 64 * 1024 * 1024


class Received:
    """The last requests, bounded in count and in bytes. Never the key, only whether there was one."""

    def __init__(self, keep: int) -> None:
        self._entries: deque[tuple[int, dict[str, Any]]] = deque(maxlen=keep)
        self._size = 0
        self.total = 0

    def add(self, size: int, entry: dict[str, Any]) -> None:
        self.total += 1
        if self._entries and len(self._entries) == self._entries.maxlen:
            self._size -= self._entries.popleft()[0]
        self._entries.append((size, entry))
        self._size += size
        while self._size > _KEPT_BYTES and len(self._entries) > 1:
            self._size -= self._entries.popleft()[0]

    def clear(self) -> None:
        self._entries.clear()
        self._size = self.total = 0

    def entries(self) -> list[dict[str, Any]]:
        return [entry for _, entry in self._entries]
