"""A dictionary with one entry for each session, which forgets the session longest unused.

SessionDict takes the place of a dict or defaultdict that is never emptied. Looking an entry up,
or asking whether it is there, counts as use.
Copied into this repository by fit512 (MIT licence); needs the standard library alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import Any

MAX_SESSIONS = 1000


class SessionDict(OrderedDict):  # type: ignore[type-arg]
    """A dict of at most MAX_SESSIONS entries. `default_factory` is called as defaultdict does."""

    def __init__(self, default_factory: Callable[[], Any] | None = None) -> None:
        super().__init__()
        self.default_factory = default_factory
        # An OrderedDict is two structures, which threads would leave at odds.
        self._lock = RLock()

    def __reduce__(self) -> Any:
        with self._lock:
            return type(self), (self.default_factory,), None, None, iter(list(self.items()))

    def __copy__(self) -> SessionDict:
        made = type(self)(self.default_factory)
        with self._lock:
            made.update(self)
        return made

    copy = __copy__

    def __contains__(self, key: object) -> bool:
        with self._lock:
            found = super().__contains__(key)
            if found:
                self.move_to_end(key)
            return found

    def __getitem__(self, key: Any) -> Any:
        with self._lock:
            value = super().__getitem__(key)
            self.move_to_end(key)
            return value

    def __missing__(self, key: Any) -> Any:
        if self.default_factory is None:
            raise KeyError(key)
        # Of two threads that make one at once, both get the same.
        return self.setdefault(key, self.default_factory())

    def __setitem__(self, key: Any, value: Any) -> None:
        with self._lock:
            super().__setitem__(key, value)
            self.move_to_end(key)
            while len(self) > MAX_SESSIONS:
                super().__delitem__(next(iter(self)))

    def __delitem__(self, key: Any) -> None:
        with self._lock:
            super().__delitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        with self._lock:
            return self[key] if key in self else default  # noqa: SIM401 (this is that method)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        with self._lock:
            return super().setdefault(key, default)

    def pop(self, *arguments: Any) -> Any:
        with self._lock:
            return super().pop(*arguments)
