"""What an engine of answers is, and the failures it may report."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from service.follow_ups import Find
from service.sessions import Turn
from vectorstore.base import Hit


class Answerer(Protocol):
    """Answers a question from the documents found for it."""

    async def look_up(self, question: str, history: Sequence[Turn], find: Find) -> list[Hit]:
        """The documents that an answer would rest on, best first. Raises UpstreamError."""
        ...

    def depends_on(self, question: str, history: Sequence[Turn]) -> Sequence[str]:
        """The texts of the conversation that the answer may depend on, besides the question."""
        ...

    def answer(
        self, question: str, sources: Sequence[Hit], history: Sequence[Turn]
    ) -> AsyncGenerator[str, None]:
        """The answer in pieces as they come. Raises UpstreamError."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class UpstreamError(Exception):
    """The upstream gave no answer. The text is for the client: it holds no key and no address."""


class UpstreamTimeout(UpstreamError):
    """The upstream gave no answer in time."""


class UpstreamBusy(UpstreamError):
    """The upstream takes no more questions now; `retry_after_s` is when it may again."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
