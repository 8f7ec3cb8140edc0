"""How a start that cannot succeed ends: with one paragraph, not a traceback."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.config import OPENROUTER, Settings
from service.read_settings import foreign_names, unknown_names
from vectorstore.commandline import CommandError

log = logging.getLogger(__name__)

# Beside the clients' connections: model, store, those to an upstream and to Redis.
OTHER_FILES = 64


class PlainStart:
    """Passes everything on; a CommandError while `app` starts becomes its message alone.

    The server logs that message and ends (uvicorn with exit code 3).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        failure: list[Message] = []

        async def hold_failure(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                failure.append(message)
            else:
                await send(message)

        try:
            await self._app(scope, receive, hold_failure)
        except CommandError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
        except Exception:
            for message in failure:
                await send(message)
            raise


class Refused:
    """Stands in for an application whose settings are refused: it cannot start, and says why."""

    def __init__(self, error: CommandError) -> None:
        self._message = str(error)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            raise RuntimeError(self._message)
        await receive()
        await send({"type": "lifespan.startup.failed", "message": self._message})


def warn(settings: Settings, environment: Iterable[str]) -> None:
    """Log what is allowed but probably not meant."""
    if multiprocessing.parent_process() is not None:  # uvicorn --workers, or --reload
        log.warning(
            "this may be one of several workers: each holds the model, and its own conversations,"
            " so that a visitor's next question may find another one. Run `python -m service`."
        )
    elif settings.web_concurrency > 1:
        log.warning(
            "WEB_CONCURRENCY=%d is ignored: one worker runs, since each would hold the model, and"
            " conversations live in the memory of one process.",
            settings.web_concurrency,
        )
    if not settings.llm_key and str(settings.llm_base_url).rstrip("/") != OPENROUTER:
        log.warning("LLM_BASE_URL has no effect without a key: set LLM_API_KEY.")
    if settings.rate_limit and os.environ.get("PORT") and not settings.trusted_proxies:
        log.warning(
            "RATE_LIMIT counts all visitors as one where they come through the host's proxy: set"
            " TRUSTED_PROXIES to the number of proxies in front."
        )
    if settings.tokens and settings.chat_page:
        log.warning(
            "the chat page sends no token, so that API_TOKENS refuses each of its questions: set"
            " CHAT_PAGE=false, or leave API_TOKENS out."
        )
    most = _most_files()
    if most is not None and settings.max_connections + OTHER_FILES > most:
        log.warning(
            "MAX_CONNECTIONS=%d needs more open files than this process may have (ulimit -n: %d):"
            " beyond them nobody is let in. Lower one or raise the other.",
            settings.max_connections,
            most,
        )
    for name in unknown_names(environment):
        log.warning("%s is in the environment, but is no setting", name)
    if foreign := foreign_names():
        log.info(".env: left to other programs: %s", ", ".join(foreign))


def _most_files() -> int | None:
    """How many files and connections this process may have open; None where nothing says so."""
    if os.name != "posix":
        return None
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
