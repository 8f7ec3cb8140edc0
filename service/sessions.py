"""Conversations: what a turn of one is, and what keeps the last turns of each, wherever that is."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from service.turns import FinishReason, TurnIdUsed

# What a client may choose as its own id. Hosts restart and forget, so an id that is not known is
# taken, not refused. Chosen ids can be guessed: those that the service gives have 128 random bits.
SESSION_ID_PATTERN = r"^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}$"
_SESSION_ID = re.compile(SESSION_ID_PATTERN)


def new_session_id() -> str:
    """A fresh id with 128 random bits: who has it, has the conversation."""
    return secrets.token_urlsafe(16)


def is_session_id(text: str) -> bool:
    """Whether `text` may be the id of a session."""
    return _SESSION_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its answer. `id`: the client's name for the turn, if it gave one."""

    question: str
    answer: str
    id: str = ""
    finish_reason: FinishReason = "stop"


@dataclass(frozen=True, slots=True)
class Window:
    """The last turns of a session, oldest first. `born` names this life of the session, 0 none."""

    turns: tuple[Turn, ...] = ()
    born: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """How much the sessions take (None where that is not in this process), how many were dropped for want of room, age or memory, how often
    they could not be reached, and how many were dropped because they could not be read.
    """

    count: int | None
    bytes: int | None
    evicted: int
    expired: int
    shed: int = 0
    failed: int = 0
    damaged: int = 0


class SessionStore(Protocol):
    """Where conversations are kept."""

    async def window(self, session_id: str) -> Window:
        """The last turns of the session; an unknown one begins here, with none."""
        ...

    async def append(
        self, session_id: str, turn: Turn, born: int, known: Sequence[Turn] = ()
    ) -> Turn | None:
        """Add `turn` in one step, so that concurrent turns of a session are neither lost nor mixed.

        `born` is that of the window that the turn started with: when the session was deleted or
        dropped in the meantime, the turn is not kept, and None is returned. 0 holds to no life. Else
        the turn that is kept: that of before, where one of the session has the same `id`. `known`: the
        turns of that window; where something else than this store drops sessions, also while a turn is
        made, one is put back with them. Raises
        TurnIdUsed when that one has another question, or is too old to be known.
        """
        ...

    def using(self, session_id: str) -> AbstractContextManager[None]:
        """While a turn of the session is made: it is neither dropped for its age nor for want of room."""
        ...

    async def delete(self, session_id: str) -> bool:
        """Forget the session. Whether it was there."""
        ...

    def sweep(self) -> None:
        """Forget what is too old, where nobody else does."""
        ...

    def shed(self, share: float, short: int = 0) -> int:
        """Forget the sessions unused for longest; see MemorySessions."""
        ...

    def usage(self) -> Usage:
        """What the sessions take in this process."""
        ...

    async def ping(self) -> None:
        """Raise SessionsUnavailable until they were reached once."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


def same(kept: Turn, turn: Turn) -> Turn:
    """The turn that is kept under the id of `turn`. Raises TurnIdUsed."""
    if kept.question != turn.question:
        raise TurnIdUsed
    return kept


class SessionsUnavailable(Exception):
    """The conversations cannot be reached now. Nothing of the turn was acknowledged."""
