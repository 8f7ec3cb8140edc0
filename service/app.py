"""The ASGI application: `uvicorn service.app:app`, or `create_app(settings)` for one's own.

Started that way, only uvicorn stands before it, which bounds neither the headers of a request nor
slow and idle connections. Where strangers can reach it, run `python -m service` (`protocol.py`).
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from service import __version__, error_responses, logs, page
from service.config import Settings
from service.gate import Gate
from service.metrics import Metrics
from service.middleware import Edge
from service.parts import Parts
from service.read_settings import load_settings
from service.routes import ROUTERS
from service.running import run
from service.start import PlainStart, Refused, warn
from vectorstore.commandline import CommandError

if TYPE_CHECKING:
    app: ASGIApp

log = logging.getLogger(__name__)

__all__ = ["app", "create_app"]


def create_app(settings: Settings, parts: Parts | None = None) -> FastAPI:
    """The application. Its lifespan loads model and store, unless they are given as `parts`."""
    logs.configure("service", settings.log_level)
    warn(settings, os.environ)
    metrics, gate = Metrics(), Gate(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loaded = parts if parts else await asyncio.to_thread(Parts.load, settings)
        async with run(settings, loaded, metrics, gate) as app.state.running:
            yield
            app.state.running = None

    application = FastAPI(
        title="fit512 chat",
        version=__version__,
        lifespan=lifespan,
        openapi_url="/openapi.json" if settings.docs else None,
        docs_url=None,  # the page would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # the middleware takes a slash at the end off
    )
    application.state.running = None
    application.state.stopping = False
    application.state.settings = settings
    given = (settings.page_title, settings.max_question_chars)
    application.state.page = page.load(*given) if settings.chat_page else {}
    for router in ROUTERS:
        application.include_router(router)
    error_responses.install(application)
    application.add_middleware(Edge, gate=gate, metrics=metrics, log_requests=settings.log_requests)
    if settings.origins:  # outermost, so that a page of theirs can read refusals, too
        application.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        )
    return application


def _from_environment() -> ASGIApp:
    try:
        settings = load_settings()
    except CommandError as error:
        return Refused(error)
    application = create_app(settings)
    log.warning(
        "started by an ASGI server of its own, which bounds no heads and no idle connections:"
        " MAX_CONNECTIONS has no effect. Where strangers can reach it, run `python -m service`."
    )
    return PlainStart(application)


def __getattr__(name: str) -> ASGIApp:
    # Made when it is asked for: who imports create_app alone reads no environment.
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = application = _from_environment()
    return application
