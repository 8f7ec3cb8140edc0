"""Ends the answers that are being made, where they wait: the service is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")


class Interrupted(Exception):
    """The answer was cut off, since the service is stopped."""


class Interrupt:
    """Passes items on until it is told to stop. For use on one event loop."""

    def __init__(self) -> None:
        self._stopped = False
        self._waits: set[asyncio.Timeout] = set()

    def stop(self) -> None:
        """Raise Interrupted wherever an item is waited for, and will be."""
        self._stopped = True
        for wait in self._waits:
            wait.reschedule(0)

    async def each(self, items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
        """The items; `items` is closed at their end. Raises Interrupted."""
        async with aclosing(items):
            while (item := await self._next(items)) is not None:
                yield item

    async def _next(self, items: AsyncGenerator[T, None]) -> T | None:
        if self._stopped:
            raise Interrupted
        # Around each wait, never around a yield: it must not hit the reader's code.
        wait = asyncio.timeout(None)
        try:
            async with wait:
                self._waits.add(wait)
                return await anext(items, None)
        except TimeoutError:
            if wait.expired():
                raise Interrupted from None
            raise
        finally:
            self._waits.discard(wait)
