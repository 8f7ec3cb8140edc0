"""Places, of which there are so many and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.answers import Overloaded


class Places:
    """For use on one event loop."""

    def __init__(self, number: int) -> None:
        self._free = number

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One of them. Raises Overloaded when none is free."""
        if not self._free:
            raise Overloaded
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1
