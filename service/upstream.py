"""Answers from an OpenAI-compatible upstream (OpenRouter by default), streamed.

Imports httpx (5 MiB, 40 ms), so this module is imported only where there is a key.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Sequence

import httpx
import orjson

from service.answers import UpstreamBusy, UpstreamError, UpstreamTimeout
from service.completion import Completion, error_code, whole
from service.prompt import messages
from service.retries import backoff_s, may_be_retried, retry_after_s
from service.sessions import Turn
from vectorstore.base import Hit

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5
# When a busy upstream does not say when to come again.
DEFAULT_RETRY_AFTER_S = 5.0


class Upstream:
    """Asks a language model, within `timeout_s` seconds from the first try to the last word.

    429, 5xx and failed connections are tried again, `retries` times and within that time; a stream
    that breaks off is not, since its first words may have been shown.
    """

    name = "upstream"

    def __init__(
        self,
        *,
        base_url: str,
        key: str,
        model: str,
        timeout_s: float,
        retries: int,
        max_tokens: int,
        max_connections: int,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._model = model
        self._timeout_s = timeout_s
        self._retries = retries
        self._max_tokens = max_tokens
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=20),
        )

    def sources(self, hits: Sequence[Hit]) -> list[Hit]:
        return list(hits)

    async def answer(
        self, question: str, sources: Sequence[Hit], history: Sequence[Turn]
    ) -> AsyncIterator[str]:
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        body = orjson.dumps(
            {
                "model": self._model,
                "messages": messages(question, sources, history),
                "max_tokens": self._max_tokens,
                "stream": True,
            }
        )
        response = await self._open(body, deadline)
        try:
            async for piece in _pieces(response, deadline):
                yield piece
        finally:
            await response.aclose()

    async def close(self) -> None:
        await self._client.aclose()

    async def _open(self, body: bytes, deadline: float) -> httpx.Response:
        """The answer's stream, its status 200, after as many tries as it takes and may."""
        for attempt in itertools.count():
            try:
                return await self._try(body, deadline)
            except _TryAgain as failed:
                wait_s = failed.wait_s if failed.wait_s is not None else backoff_s(attempt)
                left_s = deadline - asyncio.get_running_loop().time()
                if attempt >= self._retries or wait_s >= left_s:
                    raise failed.error from failed
                await asyncio.sleep(wait_s)
        raise AssertionError("unreachable")

    async def _try(self, body: bytes, deadline: float) -> httpx.Response:
        request = self._client.build_request("POST", self._url, content=body)
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._client.send(request, stream=True)
        except TimeoutError:
            raise _too_late() from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            log.warning("upstream connect failed: %s", type(error).__name__)
            raise _TryAgain(UpstreamError("The language model cannot be reached.")) from error
        except httpx.HTTPError as error:
            raise _broken_off(error) from error
        if response.status_code == 200:
            return response
        raise await _refusal(response, deadline)


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


async def _pieces(response: httpx.Response, deadline: float) -> AsyncIterator[str]:
    if "json" in response.headers.get("content-type", ""):
        yield whole(b"".join([chunk async for chunk in _chunks(response, deadline)]))
        return
    completion = Completion()
    async for chunk in _chunks(response, deadline):
        for piece in completion.feed(chunk):
            yield piece
        if completion.finished:
            return
    raise UpstreamError("The language model's answer broke off.")


async def _chunks(response: httpx.Response, deadline: float) -> AsyncIterator[bytes]:
    chunks = response.aiter_bytes()
    while True:
        try:
            # Around each wait, never around a yield: the deadline must not hit the reader's code.
            async with asyncio.timeout_at(deadline):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise _too_late() from None
        except httpx.HTTPError as error:
            raise _broken_off(error) from error
        if chunk is None:
            return
        yield chunk


def _too_late() -> UpstreamTimeout:
    return UpstreamTimeout("The language model did not answer in time.")


def _broken_off(error: httpx.HTTPError) -> UpstreamError:
    log.warning("upstream broke off: %s", type(error).__name__)
    return UpstreamError("The connection to the language model broke off.")
