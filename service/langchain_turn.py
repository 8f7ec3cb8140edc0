"""The turn that a LangChain chain works on: the conversation before it, and what is found in it.

LangChain's memory, retrievers and tools take no session; they read it from here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from langchain_core.documents import Document as LangchainDocument
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from service.sessions import Turn
from service.turns import FinishReason
from vectorstore.base import Document, Hit

T = TypeVar("T")


@dataclass(slots=True)
class CurrentTurn:
    """One turn while it is answered.

    `history`: the messages of the conversation, oldest first, and what the chain adds to them;
    `found`: every document that the store gave in this turn, by its id, in the order they came;
    `finish_reason`: that of the model's last call.
    """

    history: list[BaseMessage] = field(default_factory=list)
    found: dict[str, Hit] = field(default_factory=dict)
    finish_reason: FinishReason = "stop"

    @classmethod
    def after(cls, turns: Iterable[Turn]) -> CurrentTurn:
        """The turn that follows `turns`."""
        return cls([message for turn in turns for message in messages(turn)])

    def note(self, hits: Iterable[Hit]) -> None:
        """Remember hits, for the scores of the documents that the chain names."""
        self.found.update((hit.document.id, hit) for hit in hits)

    def hits(self, documents: Sequence[LangchainDocument]) -> list[Hit]:
        """The chain's documents as sources, in its order."""
        return [self._hit(document) for document in documents]

    def _hit(self, document: LangchainDocument) -> Hit:
        found = self.found.get(document.id or "")
        if found and found.document.text == document.page_content:
            return found
        # Of a document that is not the store's only its retriever knows how well it fits.
        score = found.score if found else document.metadata.get("relevance_score", 0.0)
        named = Document(document.id or "", document.page_content, document.metadata)
        return Hit(named, float(score))


_current: ContextVar[CurrentTurn | None] = ContextVar("current_turn", default=None)


def current_turn() -> CurrentTurn | None:
    """The turn that is worked on here, None outside of one (while a chain is made)."""
    return _current.get()


async def next_within(turn: CurrentTurn, items: AsyncIterator[T]) -> T | None:
    """The next of `items`, None at their end, with `turn` as the current one.

    Set anew for each item: a response's body is iterated by another task than its first event.
    """
    token = _current.set(turn)
    try:
        return await anext(items, None)
    finally:
        _current.reset(token)


def messages(turn: Turn) -> tuple[BaseMessage, BaseMessage]:
    """A turn as LangChain's messages."""
    return HumanMessage(turn.question), AIMessage(turn.answer)


def turns(history: Sequence[BaseMessage]) -> list[Turn]:
    """LangChain's messages, a question and an answer by turns, as turns."""
    texts = [str(message.text) for message in history]
    return [Turn(*pair) for pair in zip(texts[::2], texts[1::2], strict=True)]
