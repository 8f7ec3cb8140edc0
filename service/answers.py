"""What an engine of answers is, and the failures it may report."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from service.follow_ups import Find
from service.sessions import Turn
from service.turns import FinishReason
from vectorstore.base import Hit


@dataclass(frozen=True, slots=True)
class CutShort:
    """The last item of an answer that is not whole."""

    reason: FinishReason


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a language model is to write; None leaves it to the settings and to the upstream."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] | None = None

    def given(self) -> dict[str, Any]:
        """What is not None."""
        return {name: value for name, value in asdict(self).items() if value is not None}


DEFAULT = Sampling()


class Answerer(Protocol):
    """Answers a question from the documents found for it."""

    @property
    def timeout_s(self) -> float | None:
        """Seconds in which an answer is whole or has failed; None where there is no bound."""
        ...

    async def look_up(self, question: str, history: Sequence[Turn], find: Find) -> list[Hit]:
        """The documents that an answer would rest on, best first. Raises UpstreamError."""
        ...

    def depends_on(
        self, question: str, history: Sequence[Turn], sampling: Sampling
    ) -> Sequence[str]:
        """The texts that the answer may depend on, besides the question."""
        ...

    def answer(
        self, question: str, sources: Sequence[Hit], history: Sequence[Turn], sampling: Sampling
    ) -> AsyncGenerator[str | CutShort, None]:
        """The answer in pieces as they come, CutShort behind one not whole. Raises UpstreamError."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class Overloaded(Exception):
    """As many questions are worked on as may be; the next one may be asked a moment later."""


class DocumentsUnavailable(Exception):
    """The store, which is elsewhere, cannot be reached now."""


class SharedFailure(Exception):
    """The answer that was being made for somebody else failed for no reason that is known.

    Whoever had it made logs why: this one would only say it again.
    """


#: Why the upstream gave no answer: no connection; 5xx; 429; any other status; no time left; a
#: connection that broke; no such answer; an error within it; one too long; one without a word.
UPSTREAM_FAILURES = (
    "connect",
    "status",
    "busy",
    "refused",
    "timeout",
    "broken",
    "garbage",
    "error",
    "too_long",
    "empty",
)


class UpstreamError(Exception):
    """The upstream gave no answer. The text is for the client: it holds no key and no address.

    `reason`: one of UPSTREAM_FAILURES. `detail`: more for the log, never what a visitor wrote.
    """

    def __init__(self, message: str, reason: str, detail: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.detail = detail


class UpstreamTimeout(UpstreamError):
    """The upstream gave no answer in time."""

    def __init__(self) -> None:
        super().__init__("The language model did not answer in time.", "timeout")


class UpstreamBusy(UpstreamError):
    """The upstream takes no more questions now; `retry_after_s` is when it may again."""

    def __init__(self, message: str, retry_after_s: float, detail: str = "") -> None:
        super().__init__(message, "busy", detail)
        self.retry_after_s = retry_after_s


#: What an answer may fail with that a client is told of; anything else is unexpected.
FAILURES = (Overloaded, DocumentsUnavailable, UpstreamError)
