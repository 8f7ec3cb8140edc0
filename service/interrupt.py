"""Ends the answers that are being made, where they wait: the service is stopped, or time is up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from service.answers import UpstreamTimeout

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
        wait = asyncio.timeout(None)
        self._waits.add(wait)
        try:
            return await _next_within(wait, items, Interrupted)
        finally:
            self._waits.discard(wait)


async def within(seconds: float, items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The items; `items` is closed at their end. Raises UpstreamTimeout when they take longer."""
    deadline = asyncio.get_running_loop().time() + seconds
    async with aclosing(items):
        while True:
            item = await _next_within(asyncio.timeout_at(deadline), items, UpstreamTimeout)
            if item is None:
                return
            yield item


async def _next_within(
    wait: asyncio.Timeout, items: AsyncGenerator[T, None], late: type[Exception]
) -> T | None:
    # Around each wait, never around a yield: it must not hit the reader's code.
    try:
        async with wait:
            return await anext(items, None)
    except TimeoutError:
        if wait.expired():
            raise late from None
        raise
