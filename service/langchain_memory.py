"""LangChain's own window memory, over the conversations that the service keeps and bounds.

One memory object serves all visitors: it shows each turn the conversation that turn belongs to.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from langchain_classic.memory.buffer_window import ConversationBufferWindowMemory
from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import BaseMessage

from service.langchain_turn import current_turn


class SessionHistory(BaseChatMessageHistory):
    """The messages of the current turn's conversation; empty outside of a turn.

    The service remembers each whole turn itself, its question and answer. What a chain adds or
    clears is seen by that chain until the turn ends: a turn that fails leaves no trace.
    """

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]  # a field there
        """Oldest first."""
        turn = current_turn()
        return turn.history if turn else []

    async def aget_messages(self) -> list[BaseMessage]:
        return self.messages

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        self.messages.extend(messages)

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        self.add_messages(messages)

    def clear(self) -> None:
        self.messages.clear()

    async def aclear(self) -> None:
        self.clear()


def window_memory(turns: int) -> Any:
    """A ConversationBufferWindowMemory of the last `turns` turns, for every chain and session.

    Its variable is `chat_history`, a list of messages; it reads `question` and `answer`.
    """
    with warnings.catch_warnings():
        # LangChain deprecates its memory classes until 2.0; the extra holds langchain-classic below.
        warnings.simplefilter("ignore", DeprecationWarning)
        return ConversationBufferWindowMemory(
            chat_memory=SessionHistory(),
            k=turns,
            memory_key="chat_history",
            input_key="question",
            output_key="answer",
            return_messages=True,
        )
