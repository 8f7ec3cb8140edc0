"""Chat memory that forgets: the last k turns of each session, and nothing older.

WindowMemory takes the place of LangChain's ConversationBufferMemory, which keeps every message
of every visitor, and of ConversationBufferWindowMemory, which shows k turns and keeps the rest
as well. It is a subclass of the latter: keys, prefixes, `buffer` and `return_messages` work as
they do there. A chat_memory that is passed in is used as it is: trimming a history that is
stored elsewhere would delete it.
Copied into this repository by fit512 (MIT licence); works with LangChain 0.0.300 to 1.x.
"""

from __future__ import annotations

from typing import Any

from .langchain_names import first
from .session_history import SessionHistory

_Window: Any = first(
    "langchain_classic.memory:ConversationBufferWindowMemory",
    "langchain.memory:ConversationBufferWindowMemory",
)


class WindowMemory(_Window):  # type: ignore[misc]
    """ConversationBufferWindowMemory that keeps no more than it shows, for each session apart.

    per_session=False keeps one window whoever asks: for an app that makes a memory per user.
    """

    per_session: bool = True

    def __init__(self, **fields: Any) -> None:
        super().__init__(**{"chat_memory": SessionHistory(), **fields})
        self._configure()

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in ("k", "per_session", "chat_memory"):
            self._configure()

    def _configure(self) -> None:
        if isinstance(self.chat_memory, SessionHistory):
            self.chat_memory.k = self.k
            self.chat_memory.per_session = self.per_session

    async def aload_memory_variables(self, inputs: dict[str, Any]) -> dict[str, Any]:
        variables: dict[str, Any] = self.load_memory_variables(inputs)
        return variables

    # ConversationBufferMemory has these three, the window has not.
    async def abuffer(self) -> Any:
        return self.buffer

    async def abuffer_as_str(self) -> str:
        return str(self.buffer_as_str)

    async def abuffer_as_messages(self) -> list[Any]:
        return list(self.buffer_as_messages)
