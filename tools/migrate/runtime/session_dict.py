"""A dictionary with one entry for each session, which forgets the session longest unused.

SessionDict takes the place of a dict or defaultdict that is never emptied. Looking an entry up,
or asking whether it is there, counts as use.
Copied into this repository by fit512 (MIT licence); needs the standard library alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

MAX_SESSIONS = 1000


class SessionDict(OrderedDict):  # type: ignore[type-arg]
    """A dict of at most MAX_SESSIONS entries. `default_factory` is called as defaultdict does."""

    def __init__(self, default_factory: Callable[[], Any] | None = None) -> None:
        super().__init__()
        self.default_factory = default_factory

    def __reduce__(self) -> Any:
        return type(self), (self.default_factory,), None, None, iter(self.items())

    def __copy__(self) -> SessionDict:
        made = type(self)(self.default_factory)
        made.update(self)
        return made

    copy = __copy__

    def __contains__(self, key: object) -> bool:
        found = super().__contains__(key)
        if found:
            self._touch(key)
        return found

    def __getitem__(self, key: Any) -> Any:
        value = super().__getitem__(key)
        self._touch(key)
        return value

    def __missing__(self, key: Any) -> Any:
        if self.default_factory is None:
            raise KeyError(key)
        # Of two threads that make one at once, both get the same.
        return self.setdefault(key, self.default_factory())

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self._touch(key)
        while len(self) > MAX_SESSIONS:
            with suppress(KeyError, StopIteration):  # another thread was quicker
                super().__delitem__(next(iter(self)))

    def get(self, key: Any, default: Any = None) -> Any:
        self._touch(key)
        return super().get(key, default)

    def _touch(self, key: Any) -> None:
        with suppress(KeyError):
            self.move_to_end(key)
