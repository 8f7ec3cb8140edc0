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
)
from service.breaker import Breaker
from service.completion import Completion, WholeCompletion, error_code
from service.config import Settings
from service.follow_ups import Find, look_up
from service.prompt import Message, condense, messages
from service.retries import backoff_s, may_be_retried, retry_after_s
from service.sessions import Turn
from service.upstream_response import broken_off, pieces, too_late
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
        self._timeout_s = timeout_s
        self._retries = retries
        self._max_tokens = max_tokens
        self._max_chars = max(max_tokens * CHARS_PER_TOKEN, LEAST_MAX_CHARS)
        self._condense = condense
        self.breaker = breaker or Breaker(failures=0, open_s=0)
        self._min_score = min_score
        self._read: WeakSet[Completion | WholeCompletion] = WeakSet()
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
        deadline_s = self._timeout_s * CONDENSE_SHARE
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
        async with aclosing(self._say(asked, bounded, self._timeout_s)) as said:
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
        response = await self.open(body, deadline)
        try:
            async for piece in pieces(response, self.reading(response), deadline):
                yield piece
        finally:
            await response.aclose()

    def reading(self, response: httpx.Response) -> Completion | WholeCompletion:
        """What reads this answer, and is counted for as long as it does."""
        streamed = "json" not in response.headers.get("content-type", "")
        completion = (Completion if streamed else WholeCompletion)(self._max_chars)
        self._read.add(completion)
        return completion

    @property
    def held(self) -> int:
        """Bytes of the answers that are arriving."""
        return sum(completion.held for completion in self._read)

    async def close(self) -> None:
        await self._client.aclose()

    async def open(self, body: bytes, deadline: float) -> httpx.Response:
        """The answer's stream, its status 200, after as many tries as it takes and may.

        `body`: the JSON of a request for a chat completion; `deadline`: on the loop's clock. Raises
        UpstreamError.
        """
        for attempt in itertools.count():
            try:
                with self.breaker.call():
                    tried = await self._try(body, deadline)
                    if isinstance(tried, httpx.Response):
                        return tried
                raise tried
            except _TryAgain as failed:
                wait_s = failed.wait_s if failed.wait_s is not None else backoff_s(attempt)
                left_s = deadline - asyncio.get_running_loop().time()
                if attempt >= self._retries or wait_s >= left_s:
                    raise failed.error from failed
                await asyncio.sleep(wait_s)
        raise AssertionError("unreachable")

    async def _try(self, body: bytes, deadline: float) -> httpx.Response | Exception:
        """The answer, or why the upstream refused it, which is not its failure. Raises otherwise."""
        request = self._client.build_request("POST", self._url, content=body)
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._client.send(request, stream=True)
        except TimeoutError:
            raise too_late() from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            log.warning("upstream connect failed: %s", type(error).__name__)
            raise _TryAgain(UpstreamError("The language model cannot be reached.")) from error
        except httpx.HTTPError as error:
            raise broken_off(error) from error
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise UpstreamError("The language model's host packed its answer, though told not to.")
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
    log.warning("upstream refused status=%d code=%s", status, error_code(head))
    if not may_be_retried(status):
        return UpstreamError(f"The language model's host refused the request (HTTP {status}).")
    wait_s = retry_after_s(response.headers.get("retry-after"))
    if status == 429:
        busy = "The language model takes no more questions at the moment."
        return _TryAgain(UpstreamBusy(busy, wait_s or DEFAULT_RETRY_AFTER_S), wait_s)
    return _TryAgain(UpstreamError(f"The language model's host failed (HTTP {status})."), wait_s)
