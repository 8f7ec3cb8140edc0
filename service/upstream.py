"""Answers from an OpenAI-compatible upstream (OpenRouter by default), streamed.

Imports httpx (5 MiB, 40 ms), so this module is imported only where there is a key.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from weakref import WeakSet

import httpx
import orjson
from pydantic import SecretStr

from service.answers import (
    DEFAULT,
    CutShort,
    Sampling,
    UpstreamBusy,
    UpstreamError,
    UpstreamTimeout,
)
from service.breaker import Breaker
from service.completion import error_code
from service.config import Settings
from service.follow_ups import Find, look_up
from service.prompt import Message, condense, messages
from service.retries import backoff_s, may_be_retried, retry_after_s
from service.sessions import Turn
from service.upstream_response import Arriving, Failures, broken_off, pieces
from vectorstore.base import Hit

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5
# A follow-up question is rephrased first, in this share of the time for an answer.
CONDENSE_SHARE = 1 / 3
CONDENSE_TOKENS = 128
MAX_CONDENSED_CHARS = 2000
# A token of English has about 4 characters; an upstream that heeds no max_tokens gets some leeway.
CHARS_PER_TOKEN = 32
LEAST_MAX_CHARS = 4096
# When a busy upstream does not say when to come again.
DEFAULT_RETRY_AFTER_S = 5.0


class Upstream:
    """Asks a language model, within `timeout_s` seconds from the first try to the last word.

    429, 5xx and failed connections are tried again, `retries` times and within that time; a stream
    that breaks off is not, since its first words may have been shown.
    """

    def __init__(
        self,
        *,
        base_url: str,
        key: str,
        model: str,
        timeout_s: float,
        retries: int,
        max_tokens: int,
        condense: bool,
        min_score: float,
        max_connections: int,
        breaker: Breaker | None = None,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._model = model
        self.timeout_s = timeout_s
        self._retries = retries
        self._max_tokens = max_tokens
        self._max_chars = max(max_tokens * CHARS_PER_TOKEN, LEAST_MAX_CHARS)
        self._condense = condense
        self.breaker = breaker or Breaker(failures=0, open_s=0)
        self._min_score = min_score
        self.failures = Failures()
        self._arriving: WeakSet[Arriving] = WeakSet()
        self._client = httpx.AsyncClient(
            headers={
                "Accept-Encoding": "identity",  # a few KiB can unpack to many MiB
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/json",
            },
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=20),
        )

    @classmethod
    def of(cls, settings: Settings, key: SecretStr) -> Upstream:
        """The upstream that the settings name."""
        return cls(
            base_url=str(settings.llm_base_url),
            key=key.get_secret_value(),
            model=settings.llm_model,
            timeout_s=settings.llm_timeout_s,
            retries=settings.llm_retries,
            max_tokens=settings.llm_max_tokens,
            condense=settings.llm_condense,
            min_score=settings.answer_min_score,
            max_connections=settings.max_in_flight,
            breaker=Breaker(failures=settings.llm_failures, open_s=settings.llm_pause_s),
        )

    async def look_up(self, question: str, history: Sequence[Turn], find: Find) -> list[Hit]:
        if not history or not self._condense:
            return await look_up(question, history, find, self._min_score)
        try:
            return await find(await self._standalone(question, history))
        except UpstreamError:
            log.warning("a follow-up question was looked up as it stands")
            return await look_up(question, history, find, self._min_score)

    async def _standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question as it would be asked without the conversation: one more call."""
        asked = condense(question, history)
        deadline_s = self.timeout_s * CONDENSE_SHARE
        short = Sampling(max_tokens=CONDENSE_TOKENS)
        async with aclosing(self._say(asked, short, deadline_s)) as items:
            said = "".join([piece async for piece in items if isinstance(piece, str)]).strip()
        return said[:MAX_CONDENSED_CHARS] or question

    def depends_on(
        self, question: str, history: Sequence[Turn], sampling: Sampling = DEFAULT
    ) -> Sequence[str]:
        texts = [text for turn in history for text in (turn.question, turn.answer)]
        return [*texts, repr(sampling)]

    async def answer(
        self,
        question: str,
        sources: Sequence[Hit],
        history: Sequence[Turn],
        sampling: Sampling = DEFAULT,
    ) -> AsyncGenerator[str | CutShort, None]:
        asked = messages(question, sources, history)
        most = min(sampling.max_tokens or self._max_tokens, self._max_tokens)
        bounded = replace(sampling, max_tokens=most)
        async with aclosing(self._say(asked, bounded, self.timeout_s)) as said:
            async for piece in said:
                yield piece

    async def _say(
        self, asked: Sequence[Message], sampling: Sampling, timeout_s: float
    ) -> AsyncGenerator[str | CutShort, None]:
        """What the model says to these messages, in pieces."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        body = orjson.dumps(
            {
                "model": self._model,
                "messages": asked,
                **sampling.given(),
                "stream": True,
            }
        )
        arriving = await self.open(body, deadline)
        try:
            async for piece in pieces(arriving, deadline):
                yield piece
        finally:
            await arriving.aclose()

    @property
    def held(self) -> int:
        """Bytes of the answers that are arriving."""
        return sum(one.held for one in self._arriving)

    async def close(self) -> None:
        await self._client.aclose()

    async def open(self, body: bytes, deadline: float) -> Arriving:
        """The answer as it arrives, after as many tries as it takes and may.

        `body`: the JSON of a request for a chat completion; `deadline`: on the loop's clock. Raises
        UpstreamError.
        """
        for attempt in itertools.count():
            try:
                return await self._judged(body, deadline)
            except _TryAgain as failed:
                wait_s = failed.wait_s if failed.wait_s is not None else backoff_s(attempt)
                left_s = deadline - asyncio.get_running_loop().time()
                if attempt >= self._retries or wait_s >= left_s:
                    raise failed.error from failed
                await asyncio.sleep(wait_s)
        raise AssertionError("unreachable")

    async def _judged(self, body: bytes, deadline: float) -> Arriving:
        """One try. A refusal, such as 429, is no failure: the upstream has answered."""
        call = self.breaker.begin()
        try:
            tried = await self._try(body, deadline)
        except Exception as error:
            self._note(error)
            call.fail()
            raise
        except BaseException:
            call.leave()
            raise
        if isinstance(tried, httpx.Response):
            arriving = Arriving(tried, self._max_chars, call, self.failures)
            self._arriving.add(arriving)
            return arriving
        self._note(tried)
        call.succeed()
        raise tried

    def _note(self, error: Exception) -> None:
        cause = error.error if isinstance(error, _TryAgain) else error
        if isinstance(cause, UpstreamError):
            self.failures.note(cause)

    async def _try(self, body: bytes, deadline: float) -> httpx.Response | Exception:
        """The answer, or why the upstream refused it, which is not its failure. Raises otherwise."""
        request = self._client.build_request("POST", self._url, content=body)
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._client.send(request, stream=True)
        except TimeoutError:
            raise UpstreamTimeout from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            message, kind = "The language model cannot be reached.", type(error).__name__
            raise _TryAgain(UpstreamError(message, "connect", kind)) from error
        except httpx.HTTPError as error:
            raise broken_off(error) from error
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            message = "The language model's host packed its answer, though told not to."
            raise UpstreamError(message, "garbage")
        if response.status_code == 200:
            return response
        refused = await _refusal(response, deadline)
        if response.status_code >= 500:
            raise refused
        return refused


class _TryAgain(Exception):
    """A failure that may pass. `wait_s`: how long the upstream asks to wait, None when it doesn't."""

    def __init__(self, error: UpstreamError, wait_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_s = wait_s


async def _refusal(response: httpx.Response, deadline: float) -> Exception:
    """What a status other than 200 means."""
    status = response.status_code
    try:
        async with asyncio.timeout_at(deadline):
            head = await anext(response.aiter_bytes(4096), b"")
    except (TimeoutError, httpx.HTTPError):
        head = b""
    finally:
        await response.aclose()
    detail = f"status={status} code={error_code(head)}"
    if not may_be_retried(status):
        message = f"The language model's host refused the request (HTTP {status})."
        return UpstreamError(message, "refused", detail)
    wait_s = retry_after_s(response.headers.get("retry-after"))
    if status == 429:
        busy = "The language model takes no more questions at the moment."
        return _TryAgain(UpstreamBusy(busy, wait_s or DEFAULT_RETRY_AFTER_S, detail), wait_s)
    message = f"The language model's host failed (HTTP {status})."
    return _TryAgain(UpstreamError(message, "status", detail), wait_s)
