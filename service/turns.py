"""Turns that have a name: each is made once, however often and early a client sends it again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, get_args

# OpenAI's words: `stop` is a whole answer, the others are not.
FinishReason = Literal["stop", "length", "content_filter"]
FINISH_REASONS: tuple[str, ...] = get_args(FinishReason)


class TurnIdUsed(Exception):
    """The `turn_id` is that of another question of this session; this one is not remembered."""


class RunningTurns:
    """The turns with a name that are being made in this process. For use on one event loop."""

    def __init__(self) -> None:
        self._ended: dict[tuple[str, str], asyncio.Event] = {}

    @asynccontextmanager
    async def alone(self, session_id: str, turn_id: str | None) -> AsyncIterator[None]:
        """Wait until nobody else makes this turn, and keep others waiting meanwhile."""
        if not turn_id:
            yield
            return
        name = (session_id, turn_id)
        while running := self._ended.get(name):
            await running.wait()
        ended = self._ended[name] = asyncio.Event()
        try:
            yield
        finally:
            del self._ended[name]
            ended.set()
