from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest

from service.answers import UpstreamTimeout
from service.interrupt import Interrupt, Interrupted, within


class Numbers:
    """Counts, a number each time it is let; knows whether it was closed."""

    def __init__(self) -> None:
        self.go_on = asyncio.Semaphore(0)
        self.closed = False

    async def items(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(3):
                await self.go_on.acquire()
                yield number
        finally:
            self.closed = True


async def collect(interrupt: Interrupt, numbers: Numbers) -> list[int | str]:
    seen: list[int | str] = []
    try:
        async for number in interrupt.each(numbers.items()):
            seen.append(number)
    except Interrupted:
        seen.append("interrupted")
    return seen


@pytest.mark.parametrize(
    ("let", "seen"),
    [(0, ["interrupted"]), (2, [0, 1, "interrupted"]), (3, [0, 1, 2])],
    ids=["before the first", "half-way", "whole"],
)
def test_it_ends_where_an_item_is_waited_for(let, seen):
    async def run() -> None:
        interrupt, numbers = Interrupt(), Numbers()
        running = asyncio.create_task(collect(interrupt, numbers))
        for _ in range(let):
            numbers.go_on.release()
        await asyncio.sleep(0.01)
        interrupt.stop()
        assert await running == seen
        assert numbers.closed

    asyncio.run(run())


def test_what_begins_afterwards_ends_at_once():
    async def run() -> None:
        interrupt, numbers = Interrupt(), Numbers()
        interrupt.stop()
        numbers.go_on.release()
        assert await collect(interrupt, numbers) == ["interrupted"]

    asyncio.run(run())


def test_a_timeout_of_its_own_is_no_interruption():
    async def late() -> AsyncGenerator[int, None]:
        raise TimeoutError
        yield 1

    async def run() -> None:
        async for _ in Interrupt().each(late()):
            pass

    with pytest.raises(TimeoutError):
        asyncio.run(run())


def test_who_leaves_is_not_waited_for():
    async def run() -> None:
        interrupt, numbers = Interrupt(), Numbers()
        running = asyncio.create_task(collect(interrupt, numbers))
        await asyncio.sleep(0)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        assert numbers.closed
        interrupt.stop()

    asyncio.run(run())


def test_items_within_their_time_are_the_items():
    async def run() -> list[int]:
        numbers = Numbers()
        for _ in range(3):
            numbers.go_on.release()
        return [number async for number in within(30, numbers.items())]

    assert asyncio.run(run()) == [0, 1, 2]


def test_one_that_is_not_in_time_is_not_waited_for():
    async def run() -> None:
        numbers = Numbers()
        numbers.go_on.release()
        items = within(0.05, numbers.items())
        assert await anext(items) == 0
        with pytest.raises(UpstreamTimeout):
            await anext(items)
        assert numbers.closed

    asyncio.run(run())
