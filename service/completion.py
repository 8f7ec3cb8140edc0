"""Reads what an OpenAI-compatible upstream sends: events of a stream, pieces of an answer."""

from __future__ import annotations

import re
from typing import Any

import orjson

from service.answers import UpstreamError
from service.turns import FinishReason

# An answer of 512 tokens streams as about 150 KiB.
MAX_STREAM_BYTES = 4 * 2**20
# OpenAI's words, and those of hosts that pass on a model's own.
_NOT_WHOLE: dict[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "safety": "content_filter",
}


class Completion:
    """Decodes one streamed chat completion, bytes in, pieces of the answer out.

    `finished` tells an answer that ended from one that broke off, and `finish_reason` a whole one
    from one that the host ended; `max_chars` bounds its text, which is kept.
    https://platform.openai.com/docs/api-reference/chat-streaming
    """

    def __init__(self, max_chars: int = MAX_STREAM_BYTES) -> None:
        self.finished = False
        self.finish_reason: FinishReason = "stop"
        self._left = self._max_chars = max_chars
        self._rest = b""
        self._bytes = 0

    @property
    def held(self) -> int:
        """Bytes of a line that is not yet whole, and characters of the answer so far."""
        return len(self._rest) + self._max_chars - self._left

    def feed(self, data: bytes) -> list[str]:
        """The pieces of the answer that `data`, the next bytes of the stream, completes.

        Raises UpstreamError for what is no such stream, an error within it, or too much of it.
        """
        self._bytes += len(data)
        _check_size(self._bytes)
        *lines, self._rest = (self._rest + data).split(b"\n")
        pieces = [piece for line in lines if (piece := self._line(line.strip()))]
        _check_size(len(self._rest), _most_bytes(self._max_chars))
        self._left -= sum(map(len, pieces))
        _check_size(-self._left, 0)
        return pieces

    def end(self) -> list[str]:
        """To be called where the stream ends. Raises UpstreamError: a whole answer is finished."""
        raise UpstreamError("The language model's answer broke off.", "broken")

    def _line(self, line: bytes) -> str | None:
        # Comments (": OPENROUTER PROCESSING") keep the connection alive; other fields are unused.
        if self.finished or not line.startswith(b"data:"):
            return None
        data = line[5:].strip()
        if data == b"[DONE]":
            self.finished = True
            return None
        choice = _choice(data)
        self.finished = bool(choice.get("finish_reason"))
        self.finish_reason = _finish_reason(choice)
        return _content(choice.get("delta"))


class WholeCompletion:
    """The same for a completion in one piece, from an upstream that does not stream."""

    def __init__(self, max_chars: int = MAX_STREAM_BYTES) -> None:
        self.finished = False
        self.finish_reason: FinishReason = "stop"
        self._max_chars = max_chars
        self._data = bytearray()

    @property
    def held(self) -> int:
        """Bytes of the answer so far."""
        return len(self._data)

    def feed(self, data: bytes) -> list[str]:
        """Nothing yet."""
        self._data += data
        _check_size(len(self._data), _most_bytes(self._max_chars))
        return []

    def end(self) -> list[str]:
        """The answer. Raises UpstreamError for what is none."""
        self.finished = True
        choice = _choice(bytes(self._data))
        self.finish_reason = _finish_reason(choice)
        answer = _content(choice.get("message"))
        _check_size(len(answer or ""), self._max_chars)
        return [answer] if answer else []


def _check_size(size: int, most: int = MAX_STREAM_BYTES) -> None:
    if size > most:
        raise UpstreamError("The language model's answer is too long.", "too_long")


def _most_bytes(max_chars: int) -> int:
    """What so many characters may take as JSON, a pair of escapes each, with what is around them."""
    return min(12 * max_chars + 64 * 1024, MAX_STREAM_BYTES)


def error_code(data: bytes) -> str:
    """The code of an upstream's error, for the log; never its text, which may repeat the question."""
    try:
        error = orjson.loads(data)["error"]
        code = str(error.get("code") or error.get("type"))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return "-"
    return code if re.fullmatch(r"[\w.-]{1,40}", code, re.ASCII) else "-"


def _choice(data: bytes) -> dict[str, Any]:
    """The first choice of a completion or chunk, empty when there is none (a chunk of usage)."""
    try:
        chunk = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise UpstreamError("The language model's host sent garbage.", "garbage") from error
    if not isinstance(chunk, dict) or chunk.get("error"):
        raise _reported(error_code(data))
    choices = chunk.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else {}
    return choice if isinstance(choice, dict) else {}


def _reported(code: str) -> UpstreamError:
    message = "The language model's host reported an error."
    return UpstreamError(message, "error", f"code={code}")


def _finish_reason(choice: dict[str, Any]) -> FinishReason:
    said = str(choice.get("finish_reason")).lower()
    if said == "error":  # OpenRouter's, for a model that failed half-way
        raise _reported("-")
    return _NOT_WHOLE.get(said, "stop")


def _content(message: Any) -> str | None:
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else None
