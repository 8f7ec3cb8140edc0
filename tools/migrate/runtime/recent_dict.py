"""A dictionary that forgets the keys that were not used for longest, so that it cannot fill memory.

    sessions = RecentDict(most=1000)
    histories = RecentDict(most=1000, default=list)  # in the place of defaultdict(list)

Reading, testing with `in` and setting all count as use. May be used by several threads.
Copied into this repository by fit512 (MIT licence); needs the standard library alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")
_MISSING: Any = object()


class RecentDict(OrderedDict[K, V]):
    """At most `most` keys; `default()` makes the value of a key that is read and not there."""

    def __init__(self, most: int, default: Callable[[], V] | None = None) -> None:
        self.most = most
        self.default = default
        self._lock = RLock()
        super().__init__()

    def __setitem__(self, key: K, value: V) -> None:
        with self._lock:
            super().__setitem__(key, value)
            self.move_to_end(key)
            while len(self) > self.most:
                del self[next(iter(self))]

    def __getitem__(self, key: K) -> V:
        with self._lock:
            value: V = super().__getitem__(key)
            self.move_to_end(key)
            return value

    def __missing__(self, key: K) -> V:
        if self.default is None:
            raise KeyError(key)
        value = self.default()
        self[key] = value
        return value

    def __contains__(self, key: object) -> bool:
        with self._lock:
            if not super().__contains__(key):
                return False
            self.move_to_end(key)  # type: ignore[arg-type]
            return True

    def get(self, key: K, default: Any = None) -> Any:
        with self._lock:
            if super().__contains__(key):
                return self[key]
        return default

    def setdefault(self, key: K, default: Any = None) -> Any:
        with self._lock:
            if key not in self:
                self[key] = default
            return self[key]

    def pop(self, key: K, default: Any = _MISSING) -> Any:
        with self._lock:
            if key in self:
                value = self[key]
                del self[key]
                return value
        if default is _MISSING:
            raise KeyError(key)
        return default
