"""Keeps the service below its memory limit: spares what it can, and then takes no new questions."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from service.headroom import Room

log = logging.getLogger(__name__)

POLL_S = 0.25
# A reading may be this old when a question comes; it takes about 0.1 ms.
FRESH_S = 0.02
# Between two times that something is dropped at the same level.
RELIEVE_S = 1.0
# A level is left when there is this share of the reserve more than it begins with.
SLACK = 0.125


class Level(IntEnum):
    """What is done for want of memory; each level does what those before it do, too."""

    AMPLE = 0
    NO_CACHE = 1
    FEWER_SESSIONS = 2
    REFUSING = 3


# Free memory, in reserves, below which each level begins.
BEGINS = {Level.NO_CACHE: 1.5, Level.FEWER_SESSIONS: 1.25, Level.REFUSING: 1.0}


class Guard:
    """Watches the memory. For use on one event loop.

    `read`: the room that is left, None where there is no limit. `reserve`: bytes to be kept free,
    for the answers that are running. `drop_answers`: drops the kept ones, if they take as many bytes
    as it is given; whether it did. `drop_sessions`: drops some that are idle, and more where that
    makes as many bytes. `promised`: see `promise`.
    """

    def __init__(
        self,
        read: Callable[[], Room | None],
        drop_answers: Callable[[int], bool],
        drop_sessions: Callable[[int], None],
        *,
        reserve: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._drop_answers = drop_answers
        self._drop_sessions = drop_sessions
        self._reserve = reserve
        self._clock = clock
        self._looked_at = self._relieved_at = float("-inf")
        self.level = Level.AMPLE
        self.room: Room | None = None
        self.promised = 0
        self._needed = 0

    def begin(self) -> None:
        """Look for the first time, at rest: who is refused then is refused for ever."""
        room = self.look()
        if room and self.level == Level.REFUSING:
            self._needed = room.limit - room.free + int(BEGINS[Level.NO_CACHE] * self._reserve)
            log.warning("%s", self.too_small())

    def too_small(self) -> str | None:
        """Why no question was ever let in, and what to set; None while there is room."""
        if not self._needed or not self.room or self.level < Level.REFUSING:
            return None
        needed_mib, limit_mib = math.ceil(self._needed / 2**20), self.room.limit / 2**20
        return (
            f"The memory limit of {limit_mib:.1f} MiB is below what the service holds at rest and"
            f" MEMORY_RESERVE_MIB, so every question is refused: it needs {needed_mib} MiB. Set"
            f" MEMORY_LIMIT={needed_mib}MiB or more, and the limit of its container likewise."
        )

    async def watch(self) -> None:
        """Look again and again, for ever; only once where there is no limit."""
        if self.look() is None:
            return
        while True:
            await asyncio.sleep(POLL_S)
            self.look()

    def look(self) -> Room | None:
        """Read the memory and do what has to be done. Questions are refused only after that."""
        room = self._read()
        if room is None:
            return None
        now = self._looked_at = self._clock()
        level = self._fitting(room)
        if level > self.level or (level and now >= self._relieved_at + RELIEVE_S):
            self._relieved_at = now
            room = self._relieved(room)
            level = self._fitting(room)
        if level != self.level:
            self._change(level, room)
        self.room = room
        return room

    def _relieved(self, room: Room) -> Room:
        """What is left after all was dropped that its level says."""
        self._drop_answers(0)
        room = self._read() or room
        if self._fitting(room) >= Level.FEWER_SESSIONS:
            slack = SLACK if self.level == Level.REFUSING else 0
            self._drop_sessions(int((BEGINS[Level.REFUSING] + slack) * self._reserve) - room.free)
            room = self._read() or room
        return room

    def admits(self, size: int) -> bool:
        """Whether there is room for new work that may take `size` bytes."""
        if self._clock() >= self._looked_at + FRESH_S:
            self.look()
        if self.room is None:
            return True
        wanted = self._reserve + self.promised + size
        short = wanted - self.room.free
        # What is promised may never be taken, so no conversation goes for it; an answer is made again.
        if short > 0 and self.level < Level.REFUSING and self._drop_answers(short):
            self.room = self._read() or self.room
        return self.level < Level.REFUSING and self.room.free >= wanted

    @contextmanager
    def promise(self, size: int) -> Iterator[None]:
        """Count on `size` bytes while the work runs: admitted all at once, none has them yet."""
        self.promised += size
        try:
            yield
        finally:
            self.promised -= size

    def _fitting(self, room: Room) -> Level:
        """The level for this room; one is left only with something to spare."""
        stays = self._level(room.free - SLACK * self._reserve)
        return max(self._level(room.free), min(self.level, stays))

    def _level(self, free: float) -> Level:
        begun = (level for level, reserves in BEGINS.items() if free < reserves * self._reserve)
        return max(begun, default=Level.AMPLE)

    def _change(self, level: Level, room: Room) -> None:
        say = log.warning if level > self.level else log.info
        self.level = level
        mib = (room.free / 2**20, room.limit / 2**20)
        say("memory guard level=%s free_mib=%.1f limit_mib=%.1f", level.name.lower(), *mib)
