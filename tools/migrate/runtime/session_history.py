"""Messages of a conversation that forget: the last k turns of each session, and nothing older.

Copied into this repository by fit512 (MIT licence); works with LangChain 0.0.300 to 1.x.
"""

from __future__ import annotations

import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from copy import copy
from threading import RLock
from typing import Any

from .langchain_names import first
from .sessions import session_key

MAX_SESSIONS = 1000
MAX_BYTES = 16 * 1024 * 1024
"""Of all sessions of one memory together; those longest unused go first."""
IDLE_S = 3600.0
"""A session unused for this long is forgotten."""
_MESSAGE_BYTES = 1024  # of an empty message; 730 to 930 were measured in LangChain 0.1 to 1.x

_History: Any = first(
    "langchain_core.chat_history:BaseChatMessageHistory",
    "langchain.schema:BaseChatMessageHistory",
)


class SessionHistory(_History):  # type: ignore[misc]
    """The messages of the current session; those older than the last 2 k are dropped at once.

    What was added before the first request is what every session begins with. Where there is no
    session while visitors are told apart (a thread started by hand, an executor of one's own), each
    use begins so too, and nothing of it is kept: a common room would show one visitor to another.
    """

    def __init__(
        self,
        k: int = 5,
        clock: Callable[[], float] = time.monotonic,
        per_session: bool = True,
        messages: Sequence[Any] = (),
    ) -> None:
        super().__init__()
        self.k = k
        self.per_session = per_session
        self._clock = clock
        self._lock = RLock()
        self._outside = _Session(clock(), messages)
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    # A lock can be neither copied nor pickled, and bots deep-copy a chain for each chat.
    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            state = {**self.__dict__, "_outside": copy(self._outside)}
            state["_sessions"] = OrderedDict((k, copy(s)) for k, s in self._sessions.items())
        del state["_lock"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = RLock()
        now = self._clock()  # another process counts from another moment
        for session in (self._outside, *self._sessions.values()):
            session.used = now

    @property
    def messages(self) -> list[Any]:
        """The live list of the current session: what is appended to it is remembered."""
        with self._lock:
            return self._settle(self._current())

    @messages.setter
    def messages(self, messages: Sequence[Any]) -> None:
        with self._lock:
            session = self._current()
            session.messages = list(messages)
            self._settle(session)

    def add_message(self, message: Any) -> None:
        self.add_messages([message])

    def add_messages(self, messages: Sequence[Any]) -> None:
        with self._lock:
            session = self._current()
            session.messages.extend(messages)
            self._settle(session)

    def clear(self) -> None:
        self.messages = []

    # LangChain's own go through a thread; here there is nothing to wait for.
    async def aget_messages(self) -> list[Any]:
        return self.messages

    async def aadd_messages(self, messages: Sequence[Any]) -> None:
        self.add_messages(messages)

    async def aclear(self) -> None:
        self.clear()

    def _forget(self, messages: list[Any], keep: int) -> None:
        del messages[: max(len(messages) - keep, 0)]

    def _current(self) -> _Session:
        key = session_key() if self.per_session else ""
        if key == "":
            return self._outside
        now = self._clock()
        session = self._sessions.pop(key, None) if key else None
        if session is None or now - session.used > IDLE_S:
            session = _Session(now, self._outside.messages)
        session.used = now
        if key:
            self._sessions[key] = session
        return session

    def _settle(self, session: _Session) -> list[Any]:
        """Brings the session and all sessions together within their bounds."""
        # In place: code that holds on to the list sees what is remembered.
        self._forget(session.messages, 2 * max(self.k, 0))
        session.measure()
        total = sum(other.size for other in self._sessions.values())
        while self._sessions:
            oldest = next(iter(self._sessions.values()))
            idle = self._clock() - oldest.used > IDLE_S
            if not idle and len(self._sessions) <= MAX_SESSIONS and total <= MAX_BYTES:
                break
            total -= oldest.size
            self._sessions.popitem(last=False)
        return session.messages


class WindowHistory(SessionHistory):
    """In the place of ChatMessageHistory and InMemoryChatMessageHistory, which keep everything.

    What goes to the model as it is must be whole: the instructions that the history begins with
    stay, and after those it begins with a question, not with an answer or a tool's result.
    """

    def _forget(self, messages: list[Any], keep: int) -> None:
        start = 0
        while start < len(messages) and messages[start].type == "system":
            start += 1
        if len(messages) - start <= keep:
            return
        del messages[start : len(messages) - keep]
        while any(m.type == "human" for m in messages) and messages[start].type != "human":
            del messages[start]


class _Session:
    """One conversation, when it was last used (s), and about how many bytes it takes."""

    __slots__ = ("messages", "size", "used")

    def __init__(self, used: float, messages: Sequence[Any] = ()) -> None:
        self.messages = list(messages)
        self.used = used
        self.size = 0

    def measure(self) -> None:
        sizes = [_MESSAGE_BYTES + sys.getsizeof(str(m.content)) for m in self.messages]
        while sum(sizes) > MAX_BYTES:
            del self.messages[0], sizes[0]
        self.size = sum(sizes)
