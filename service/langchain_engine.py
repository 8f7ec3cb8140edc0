"""Answers with a LangChain chain (CHAT_ENGINE=langchain); imported only where it is chosen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from langchain_core.documents import Document as LangchainDocument
from langchain_core.messages import BaseMessage

from service.answer_cache import AnswerCache
from service.answers import Sampling, UpstreamError, UpstreamTimeout
from service.engine import Engine
from service.langchain_load import LoadedChain
from service.langchain_model import upstream_error
from service.langchain_turn import CurrentTurn, next_within
from service.sessions import SessionStore, Turn
from service.similar import Asked
from service.turn_events import Done, Event, Sources, Token

# The names that LangChain's own chains use, newest first.
ANSWERS = ("answer", "result", "output", "output_text")
DOCUMENTS = ("context", "source_documents", "input_documents")


class ChainEngine(Engine):
    """Has the chain do the whole turn; sessions, cache and bounds are those of the lean engine."""

    def __init__(
        self,
        loaded: LoadedChain,
        sessions: SessionStore,
        cache: AnswerCache,
        *,
        max_in_flight: int,
    ) -> None:
        super().__init__(
            loaded.retriever, loaded.upstream, sessions, cache, max_in_flight=max_in_flight
        )
        self._chain = loaded.chain
        self._timeout_s = loaded.timeout_s

    async def _fresh(
        self,
        question: str,
        history: Sequence[Turn],
        session_id: str,
        sampling: Sampling,
        asked: Asked | None,
    ) -> AsyncGenerator[Event, None]:
        started = time.perf_counter()
        turn = CurrentTurn.after(history)
        found = first = 0.0
        parts: list[str] = []
        hits = None
        async with aclosing(self._items(question, turn)) as items:
            async for documents, piece in items:
                # A chain that names no documents answers from what was found.
                if hits is None and (documents is not None or piece):
                    found = time.perf_counter()
                    hits = list(turn.found.values()) if documents is None else turn.hits(documents)
                    yield Sources(hits, session_id)
                if piece:
                    first = first or time.perf_counter()
                    parts.append(piece)
                    yield Token(piece)
        if hits is None or not parts:
            raise UpstreamError("The language model sent an empty answer.", "empty")
        ended = time.perf_counter()
        times = (found - started, first - found, ended - found)
        yield Done("".join(parts), hits, session_id, False, *times, turn.finish_reason)

    async def _items(
        self, question: str, turn: CurrentTurn
    ) -> AsyncGenerator[tuple[list[LangchainDocument] | None, str], None]:
        """Documents and pieces of the answer, as the chain gives them. Raises UpstreamError."""
        asked = {"question": question, "input": question, "chat_history": list(turn.history)}
        stream = self._chain.astream(asked)
        try:
            while (item := await self._next(turn, stream)) is not None:
                yield read(item)
        finally:
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()

    async def _next(self, turn: CurrentTurn, stream: AsyncIterator[Any]) -> Any:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await next_within(turn, stream)
        except Exception as error:
            if cause := upstream_error(error):
                raise cause from error
            if isinstance(error, TimeoutError):
                raise UpstreamTimeout from error
            raise


def read(item: Any) -> tuple[list[LangchainDocument] | None, str]:
    """The documents, None for none named, and the piece of the answer in what a chain streams.

    A dictionary with the names that LangChain's own chains use, a text, or a message.
    """
    if not isinstance(item, Mapping):
        return None, _text(item)
    documents = next((item[name] for name in DOCUMENTS if _are_documents(item.get(name))), None)
    return documents, "".join(_text(item[name]) for name in ANSWERS if name in item)


def _are_documents(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, LangchainDocument) for one in value)


def _text(value: Any) -> str:
    if isinstance(value, BaseMessage):
        return str(value.text)
    return value if isinstance(value, str) else ""
