"""Questions that wait to be embedded, and what a free thread takes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, NamedTuple

from vectorstore.base import Hit, Vectors

# While a text of 256 tokens is embedded, that takes 8 MiB: longer ones than this one at a time.
LONG_BYTES = 256


class Found(NamedTuple):
    """The documents, the vector that was searched for, and the seconds that the store took."""

    hits: list[Hit]
    vector: Vectors
    search_s: float


def _future() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False, slots=True)
class Asked:
    """A question, with the earlier one that it leans on where there is one.

    `taken`: done as soon as a thread has it; `found`: what was found for it.
    """

    texts: list[str]
    taken: asyncio.Future[None] = field(default_factory=_future)
    found: asyncio.Future[Found] = field(default_factory=_future)
    long: bool = field(init=False)

    def __post_init__(self) -> None:
        sizes = [len(text.encode("utf-8", "surrogatepass")) for text in self.texts]
        self.long = max(sizes) > LONG_BYTES


class EmbedQueue:
    """First come, first served; only a long one waits for the long one before it.

    `together`: short questions that a thread takes at once, where more than `crowd` of them wait.
    Nothing waits for company.
    """

    def __init__(self, together: int, crowd: int) -> None:
        self._together, self._crowd = together, crowd
        # In the order in which they came, with their numbers.
        self._short: dict[Asked, int] = {}
        self._long: dict[Asked, int] = {}
        self._numbers = count()
        self._long_runs = False

    def __len__(self) -> int:
        return len(self._short) + len(self._long)

    def put(self, asked: Asked) -> None:
        (self._long if asked.long else self._short)[asked] = next(self._numbers)

    def leave(self, asked: Asked) -> None:
        """It waits no longer; nothing when it was taken."""
        (self._long if asked.long else self._short).pop(asked, None)

    def take(self) -> list[Asked]:
        """What one thread does next: a long question alone, or short ones; none when none may run."""
        batch = self._next()
        self._long_runs = self._long_runs or any(one.long for one in batch)
        for one in batch:
            self.leave(one)
            one.taken.set_result(None)
        return batch

    def done(self, batch: list[Asked]) -> None:
        """The thread has done it, whether or not somebody still waited for it."""
        if batch[0].long:
            self._long_runs = False

    def _next(self) -> list[Asked]:
        crowded = len(self._short) > self._crowd
        short = list(islice(_waiting(self._short), self._together if crowded else 1))
        long = [] if self._long_runs else list(islice(_waiting(self._long), 1))
        if short and long:
            return long if self._long[long[0]] < self._short[short[0]] else short
        return short or long


def _waiting(asked: dict[Asked, int]) -> Iterator[Asked]:
    # Whose client is gone may not have left yet.
    return (one for one in asked if not one.taken.done())
