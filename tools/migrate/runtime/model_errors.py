"""Answers an error of the language model with 503 and a sentence, and logs it.

    app.add_middleware(ModelErrorMiddleware)                    # FastAPI, Starlette
    app.register_error_handler(Exception, answer_model_error)   # Flask

Only errors of the model's clients and of the network on the way to them are answered; any other
error goes on as before. What went wrong stands in the log, and nothing of it in the answer.
Copied into this repository by fit512 (MIT licence); needs the standard library alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, MutableMapping
from typing import Any

STATUS = 503
ANSWER = json.dumps(
    {"detail": "The language model does not answer at the moment. Try again later."}
)
# Packages whose exceptions say that a model, or the way to it, has failed.
CLIENTS = frozenset(
    {
        "aiohttp",
        "anthropic",
        "botocore",
        "cohere",
        "google",
        "groq",
        "httpcore",
        "httpx",
        "huggingface_hub",
        "langchain_google_genai",
        "litellm",
        "mistralai",
        "ollama",
        "openai",
        "replicate",
        "requests",
        "together",
        "urllib3",
    }
)

_log = logging.getLogger(__name__)


def is_model_error(error: BaseException | None) -> bool:
    """Whether the error, or one that it was raised from, is a model client's."""
    while error is not None:
        if isinstance(error, TimeoutError) or CLIENTS.intersection(_packages(error)):
            return True
        error = error.__cause__
    return False


def answer_model_error(error: Exception) -> Any:
    """Flask's handler of every exception: answers the model's, and passes on all others."""
    if hasattr(error, "get_response"):  # an HTTPException, such as 404, is its own answer
        return error
    if not is_model_error(error):
        raise error
    _log.error("the language model failed", exc_info=error)
    return ANSWER, STATUS, {"Content-Type": "application/json"}


class ModelErrorMiddleware:
    """ASGI middleware; an answer that has begun is broken off as before."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if begun or not is_model_error(error):
                raise
            _log.error("the language model failed", exc_info=error)
            await _answer(send)


async def _answer(send: Any) -> None:
    body = ANSWER.encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": STATUS, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _packages(error: BaseException) -> Iterator[str]:
    """The packages that define the error's classes."""
    for kind in type(error).__mro__:
        yield kind.__module__.partition(".")[0]
