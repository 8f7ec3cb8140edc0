"""Reads the answer of an upstream from its response, within a deadline."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

import httpx

from service.answers import CutShort, UpstreamError, UpstreamTimeout
from service.breaker import Call
from service.completion import Completion, WholeCompletion
from service.turns import FinishReason

log = logging.getLogger(__name__)

# The end of a stream comes with its last word.
DRAIN_S = 0.5


class Failures:
    """How often the upstream failed, by reason."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def note(self, error: UpstreamError) -> None:
        """Count and log it."""
        self.counts[error.reason] += 1
        log.warning(
            "upstream failed reason=%s%s", error.reason, error.detail and f" {error.detail}"
        )


class Arriving:
    """An answer that arrives, judged as it does: `response` has the status 200."""

    def __init__(
        self, response: httpx.Response, max_chars: int, call: Call, failures: Failures
    ) -> None:
        self._response = response
        self._call = call
        self._failures = failures
        self._chunks = response.aiter_bytes()
        self.streamed = "json" not in response.headers.get("content-type", "")
        self.completion = (Completion if self.streamed else WholeCompletion)(max_chars)

    @property
    def held(self) -> int:
        """Bytes of it while it arrives; 0 once the connection is given back or broken."""
        return 0 if self._response.is_closed else self.completion.held

    @contextmanager
    def judged(self) -> Iterator[None]:
        """Around the reading: who raises nothing has read a whole answer."""
        try:
            yield
        except UpstreamError as error:
            self._failures.note(error)
            if error.reason != "empty":
                self._call.fail()
            raise
        else:
            self._call.succeed()
        finally:
            self._call.leave()

    async def more(self, deadline: float) -> tuple[bytes | None, list[str]]:
        """The next bytes, None at the end, and the pieces of the answer that they complete.

        Raises UpstreamError, at the deadline too.
        """
        chunk = await next_bytes(self._chunks, deadline)
        pieces = self.completion.end() if chunk is None else self.completion.feed(chunk)
        if pieces:
            self._call.answers()
        return chunk, pieces

    def whole(self) -> None:
        """The answer is whole, for who reads no further."""
        self._call.succeed()

    async def rest(self) -> AsyncIterator[bytes]:
        """What follows the last word: when it was read, the connection can take the next question."""
        deadline = asyncio.get_running_loop().time() + DRAIN_S
        with suppress(UpstreamError):
            while (chunk := await next_bytes(self._chunks, deadline)) is not None:
                yield chunk

    async def aclose(self) -> None:
        """Give the connection back."""
        self._call.leave()
        await self._response.aclose()


async def pieces(arriving: Arriving, deadline: float) -> AsyncIterator[str | CutShort]:
    """The pieces of the answer. Raises UpstreamError for none, half a one, or nonsense."""
    completion = arriving.completion
    said = False
    with arriving.judged():
        while not completion.finished:
            _, found = await arriving.more(deadline)
            for piece in found:
                said = True
                yield piece
        if not said:
            raise empty(completion.finish_reason)
    if completion.finish_reason != "stop":
        yield CutShort(completion.finish_reason)
    async for _ in arriving.rest():
        pass


def empty(reason: FinishReason) -> UpstreamError:
    """What an answer without a word is."""
    why = {"stop": "", "length": ": its tokens were used up", "content_filter": ": it was filtered"}
    return UpstreamError(f"The language model sent an empty answer{why[reason]}.", "empty")


async def next_bytes(chunks: AsyncIterator[bytes], deadline: float) -> bytes | None:
    """The next bytes, None at the end. Raises UpstreamError, at the deadline too."""
    try:
        # Around each wait, never around a yield: the deadline must not hit the reader's code.
        async with asyncio.timeout_at(deadline):
            return await anext(chunks, None)
    except TimeoutError:
        raise UpstreamTimeout from None
    except httpx.HTTPError as error:
        raise broken_off(error) from error


def broken_off(error: httpx.HTTPError) -> UpstreamError:
    message = "The connection to the language model broke off."
    return UpstreamError(message, "broken", type(error).__name__)
