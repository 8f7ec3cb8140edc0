"""The part of OpenAI's chat completions that this service speaks.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from service.answers import Sampling
from service.errors import Told, invalid
from service.sessions import Turn
from service.turns import FinishReason

# The one model: whatever answers here. A request may name any, since many clients insist on theirs.
MODEL = "fit512"
PREFIX = "/v1"
BYTES_PER_TOKEN = 4


Tokens = Annotated[int, Field(strict=True, ge=1)]
StopText = Annotated[str, Field(min_length=1, max_length=200)]


class Part(BaseModel):
    """A piece of a message; only text is understood."""

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """One message. Tool calls and other fields are not looked at."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | Annotated[list[Part], Field(max_length=100, fail_fast=True)] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream ends with."""

    include_usage: bool = False


# `fail_fast`: of a list that is all wrong one error is told, or they would take 700 times the body.
class CompletionRequest(BaseModel):
    """A conversation whose last message is the question. Other parameters have no effect.

    Those of sampling are a language model's; without one they have none either.
    """

    model: str = MODEL
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=1000, fail_fast=True)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = 1
    temperature: Annotated[float, Field(strict=True, ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(strict=True, ge=0, le=1)] | None = None
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    stop: Annotated[list[StopText], Field(max_length=4, fail_fast=True)] | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    response_format: dict[str, Any] | None = None

    @field_validator("stop", mode="before")
    @classmethod
    def _one_is_a_list(cls, stop: Any) -> Any:
        return [stop] if isinstance(stop, str) else stop

    @field_validator("tools", "functions", "response_format")
    @classmethod
    def _not_supported(cls, given: Any) -> Any:
        # An answer without the call or the JSON that a program waits for would mislead it.
        if given and given != {"type": "text"}:
            raise PydanticCustomError("not_supported", "Not supported by this service")
        return given

    def sampling(self) -> Sampling:
        """How the language model is to write."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            stop=tuple(self.stop) if self.stop else None,
        )

    def question(self) -> str:
        """The last message. Raises RequestValidationError when it is not a user's, or no text."""
        last = self.messages[-1]
        if last.role != "user":
            raise invalid("messages", "The last message must be the user's")
        if isinstance(last.content, list) and any(part.type != "text" for part in last.content):
            raise invalid("messages", "Only text is understood")
        if not last.text.strip():
            raise invalid("messages", "The last message must have a text")
        return last.text.strip()

    def turns(self, most: int) -> list[Turn]:
        """The last `most` questions with their answers.

        Messages of the system are left out: the instructions are this service's own.
        """
        turns: list[Turn] = []
        asked = ""
        for message in self.messages[:-1]:
            if message.role == "user":
                asked = message.text
            elif message.role == "assistant" and asked:
                turns.append(Turn(asked, message.text))
                asked = ""
        return turns[-most:] if most else []


class Reply:
    """Builds the objects of one reply."""

    def __init__(self, request: CompletionRequest) -> None:
        self._asked = sum(_tokens(message.text) for message in request.messages)
        self._created = int(time.time())
        self._id = f"chatcmpl-{secrets.token_hex(12)}"

    def whole(
        self, answer: str, finish_reason: FinishReason, sources: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        """A reply in one piece; `sources` is an addition of ours."""
        message = {"role": "assistant", "content": answer, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
        return {
            **self._envelope("chat.completion"),
            "choices": [choice],
            "usage": self.usage(answer),
            "sources": sources,
        }

    def chunk(
        self, delta: dict[str, str], finish_reason: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """A piece of a streamed reply."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**self._envelope("chat.completion.chunk"), "choices": [choice], **more}

    def usage_chunk(self, answer: str) -> dict[str, Any]:
        """The last piece, for who asked for it."""
        envelope = self._envelope("chat.completion.chunk")
        return {**envelope, "choices": [], "usage": self.usage(answer)}

    def usage(self, answer: str) -> dict[str, int]:
        """An estimate, of four bytes to a token: what answers may have no tokens at all."""
        said = _tokens(answer)
        total = self._asked + said
        return {"prompt_tokens": self._asked, "completion_tokens": said, "total_tokens": total}

    def _envelope(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": MODEL}


def error_body(problem: Told) -> dict[str, Any]:
    """An error as OpenAI's clients read it."""
    kind = "invalid_request_error" if problem.status < 500 else "server_error"
    param = problem.errors[0]["pointer"].removeprefix("#/") or None if problem.errors else None
    return {"error": {"message": problem.detail, "type": kind, "param": param, "code": None}}


def _tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)
