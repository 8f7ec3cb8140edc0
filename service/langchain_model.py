"""The language model for LangChain chains: ChatOpenAI, over the same client as the lean engine.

So both wait, retry and fail alike, and the key stays where it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import orjson
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from service.answers import UpstreamError
from service.langchain_turn import current_turn
from service.turns import FinishReason
from service.upstream import Upstream
from service.upstream_response import Arriving, empty


class UpstreamChat(ChatOpenAI):
    """ChatOpenAI that names the longest answer as other hosts than OpenAI know it.

    `timeout` is in seconds, from the first try of a call to its last word.
    """

    def _get_request_payload(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(*args, **kwargs)
        if "max_completion_tokens" in payload:
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        return payload


def chat_model(upstream: Upstream, *, model: str, max_tokens: int, timeout_s: float) -> Any:
    """The model, for `ainvoke` and `astream`: synchronous calls raise RuntimeError.

    Its calls raise errors in which `upstream_error` finds the UpstreamError that the lean engine
    would have raised.
    """
    return UpstreamChat(
        model=model,
        max_completion_tokens=max_tokens,
        timeout=timeout_s,
        api_key=SecretStr("-"),  # `upstream` adds the real one
        base_url="http://upstream/v1",
        max_retries=0,
        streaming=True,  # ainvoke too: what `_Through` gives are events
        stream_usage=False,
        stream_chunk_timeout=None,
        http_client=httpx2.Client(transport=_NotSynchronous()),
        http_async_client=httpx2.AsyncClient(transport=_Through(upstream)),
    )


def upstream_error(error: BaseException) -> UpstreamError | None:
    """The UpstreamError behind what a chain raised, None for a failure of its own."""
    for cause in _causes(error):
        if isinstance(cause, UpstreamError):
            return cause
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        yield error
        seen.append(error)
        error = error.__cause__ or error.__context__


class _NotSynchronous(httpx2.BaseTransport):
    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        raise RuntimeError("the service's model answers ainvoke and astream only.")


class _Through(httpx2.AsyncBaseTransport):
    """Sends what the openai client has written through the lean engine's client."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/chat/completions"):
            message = f"The language model's host is not asked for {request.url.path}."
            raise UpstreamError(message, "refused")
        timeout_s = request.extensions["timeout"]["read"]
        deadline = asyncio.get_running_loop().time() + timeout_s
        arriving = await self._upstream.open(await request.aread(), deadline)
        return httpx2.Response(
            200,
            headers={"Content-Type": "text/event-stream"},
            stream=_Checked(arriving, deadline),
        )


class _Checked(httpx2.AsyncByteStream):
    """The events of an answer, also of one that came whole. Raises UpstreamError as the lean engine.

    But a call of a tool needs no words.
    """

    def __init__(self, arriving: Arriving, deadline: float) -> None:
        self._arriving = arriving
        self._completion = arriving.completion
        self._deadline = deadline

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._arriving.judged():
            async for chunk in self._checked():
                yield chunk
        async for chunk in self._arriving.rest():
            yield chunk

    async def _checked(self) -> AsyncIterator[bytes]:
        said = False
        while not self._completion.finished:
            chunk, pieces = await self._arriving.more(self._deadline)
            said = said or bool(pieces) or b'"tool_calls"' in (chunk or b"")
            # Before the last event goes out: nobody reads on after it.
            if self._completion.finished:
                self._ended(said)
            if self._arriving.streamed:
                yield chunk or b""
            elif chunk is None:
                yield _events("".join(pieces), self._completion.finish_reason)

    def _ended(self, said: bool) -> None:
        reason = self._completion.finish_reason
        if not said:
            raise empty(reason)
        self._arriving.whole()
        if turn := current_turn():
            turn.finish_reason = reason

    async def aclose(self) -> None:
        if self._completion.finished:
            async for _ in self._arriving.rest():
                pass
        await self._arriving.aclose()


def _events(answer: str, finish_reason: FinishReason) -> bytes:
    """A whole answer as if it had been streamed."""
    choice = {
        "index": 0,
        "delta": {"role": "assistant", "content": answer},
        "finish_reason": finish_reason,
    }
    chunk = {"id": "-", "object": "chat.completion.chunk", "created": 0, "model": "-"}
    return b"data: " + orjson.dumps({**chunk, "choices": [choice]}) + b"\n\ndata: [DONE]\n\n"
