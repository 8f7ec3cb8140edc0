"""Reads the answer of an upstream from its response, within a deadline."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx

from service.answers import CutShort, FinishReason, UpstreamError, UpstreamTimeout
from service.completion import Completion, WholeCompletion

log = logging.getLogger(__name__)

# The end of a stream comes with its last word.
DRAIN_S = 0.5


async def pieces(
    response: httpx.Response, completion: Completion | WholeCompletion, deadline: float
) -> AsyncIterator[str | CutShort]:
    """The pieces of the answer. Raises UpstreamError for none, half a one, or nonsense."""
    chunks = response.aiter_bytes()
    said = False
    while not completion.finished:
        chunk = await next_bytes(chunks, deadline)
        for piece in completion.feed(chunk) if chunk is not None else completion.end():
            said = True
            yield piece
    if not said:
        raise empty(completion.finish_reason)
    if completion.finish_reason != "stop":
        yield CutShort(completion.finish_reason)
    async for _ in rest(chunks):
        pass


def empty(reason: FinishReason) -> UpstreamError:
    """What an answer without a word is."""
    why = {"stop": "", "length": ": its tokens were used up", "content_filter": ": it was filtered"}
    return UpstreamError(f"The language model sent an empty answer{why[reason]}.")


async def next_bytes(chunks: AsyncIterator[bytes], deadline: float) -> bytes | None:
    """The next bytes, None at the end. Raises UpstreamError, at the deadline too."""
    try:
        # Around each wait, never around a yield: the deadline must not hit the reader's code.
        async with asyncio.timeout_at(deadline):
            return await anext(chunks, None)
    except TimeoutError:
        raise too_late() from None
    except httpx.HTTPError as error:
        raise broken_off(error) from error


async def rest(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What follows the last word: when it was read, the connection can take the next question."""
    deadline = asyncio.get_running_loop().time() + DRAIN_S
    with suppress(UpstreamError):
        while (chunk := await next_bytes(chunks, deadline)) is not None:
            yield chunk


def too_late() -> UpstreamTimeout:
    return UpstreamTimeout("The language model did not answer in time.")


def broken_off(error: httpx.HTTPError) -> UpstreamError:
    log.warning("upstream broke off: %s", type(error).__name__)
    return UpstreamError("The connection to the language model broke off.")
