"""Chat completions as OpenAI writes them: the request read, the answer whole or in events."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.limits.answers import answer, count_tokens, text, tokens


@dataclass(frozen=True)
class Chat:
    """A request and what will be answered."""

    body: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]
    tokens: Sequence[str]
    finish_reason: str
    identity: str

    @classmethod
    def parse(cls, raw: bytes) -> Chat | str:
        """The chat in a request's body, or what is wrong with it."""
        try:
            body = json.loads(raw)
        except ValueError:
            return "the body is no JSON"
        messages = body.get("messages") if isinstance(body, dict) else None
        if not isinstance(messages, list) or not messages:
            return "messages must be a list with at least one message"
        if not all(isinstance(message, dict) for message in messages):
            return "each message must be an object with role and content"
        said = tokens(answer(messages))
        most = body.get("max_completion_tokens") or body.get("max_tokens")
        most = most if isinstance(most, int) and most > 0 else len(said)
        reason = "length" if most < len(said) else "stop"
        return cls(body, messages, said[:most], reason, hashlib.sha256(raw).hexdigest()[:24])

    @property
    def stream(self) -> bool:
        return self.body.get("stream") is True

    @property
    def wants_usage(self) -> bool:
        options = self.body.get("stream_options")
        return isinstance(options, dict) and options.get("include_usage") is True

    @property
    def usage(self) -> dict[str, int]:
        asked = count_tokens(text(message.get("content")) for message in self.messages)
        said = len(self.tokens)
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}

    def envelope(self, kind: str, created: int) -> dict[str, Any]:
        """The fields that every answer starts with."""
        model = self.body.get("model") or "local/echo"
        return {
            "id": f"chatcmpl-{self.identity}",
            "object": kind,
            "created": created,
            "model": model,
        }


def completion(chat: Chat, created: int) -> dict[str, Any]:
    """The answer to a request that is not streamed."""
    message = {"role": "assistant", "content": "".join(chat.tokens)}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": chat.finish_reason}
    return {
        **chat.envelope("chat.completion", created),
        "choices": [choice],
        "usage": chat.usage,
    }


def pieces(chat: Chat, created: int) -> list[bytes]:
    """The events of a streamed answer, [DONE] left out: the role, each token, the end, the usage."""
    deltas: list[tuple[dict[str, str], str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": token}, None) for token in chat.tokens]
    deltas.append(({}, chat.finish_reason))
    envelope = chat.envelope("chat.completion.chunk", created)
    # A client that asked for usage finds null in every event but the last.
    usage: dict[str, Any] = {"usage": None} if chat.wants_usage else {}
    events: list[dict[str, Any]] = [
        {**envelope, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **usage}
        for delta, reason in deltas
    ]
    if chat.wants_usage:
        events.append({**envelope, "choices": [], "usage": chat.usage})
    return [json.dumps(event).encode() for event in events]


def garbage(body: bytes) -> bytes:
    """Something that no JSON parser takes, and no line-based one trips over."""
    return body[: len(body) // 2] + b"<html>"


def error_body(status: int, message: str) -> dict[str, Any]:
    """An error as OpenAI's clients read it."""
    return {"error": {"message": message, "type": "local_upstream", "code": status}}
