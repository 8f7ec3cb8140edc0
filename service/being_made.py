"""Answers that are being made: who asks the same meanwhile shares what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.answers import FAILURES, SharedFailure
from service.packed_answers import Answer
from service.turns import FinishReason


@dataclass(slots=True)
class Outcome:
    """What came of an answer: itself, or why it failed; neither when its client left half-way."""

    answer: Answer | None = None
    finish_reason: FinishReason = "stop"
    error: Exception | None = None


class BeingMade:
    """Answers that are being made, by key; unless `shared`, each who asks makes his own.

    For use on one event loop.
    """

    def __init__(self, *, shared: bool) -> None:
        self._shared = shared
        self._outcomes: dict[bytes, asyncio.Future[Outcome]] = {}

    def runs(self, key: bytes) -> bool:
        """Whether somebody makes it."""
        return key in self._outcomes

    async def wait(self, key: bytes) -> Outcome | None:
        """What comes of the answer that somebody makes; None when nobody does.

        Who gets None makes it, with `making`, before giving way: of those who waited for one that
        was left half-way only the first gets it. Raises the error of one that failed, for to ask
        again would take as long once more; SharedFailure in place of an unexpected one, whose
        traceback is that of who made it.
        """
        while (running := self._outcomes.get(key)) is not None:
            outcome = await asyncio.shield(running)
            if outcome.error:
                if not isinstance(outcome.error, FAILURES):
                    raise SharedFailure
                raise outcome.error.with_traceback(None)
            if outcome.answer:
                return outcome
        return None

    @contextmanager
    def making(self, key: bytes) -> Iterator[Outcome]:
        """While the answer is made, which is to be put into the outcome."""
        outcome = Outcome()
        if not self._shared:
            yield outcome
            return
        self._outcomes[key] = future = asyncio.get_running_loop().create_future()
        try:
            yield outcome
        except Exception as error:
            outcome.error = error
            raise
        finally:
            del self._outcomes[key]
            future.set_result(outcome)
