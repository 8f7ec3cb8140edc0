"""The service while it runs: its parts, put together."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from service import __version__
from service.answer_cache import AnswerCache
from service.answers import Answerer
from service.config import Settings
from service.engine import Engine
from service.extractive import Extractive
from service.gate import Gate
from service.guard import Guard
from service.headroom import Headroom
from service.heap import give_back
from service.kept import kept
from service.metrics import Metrics, Watched, memory_figures
from service.parts import Parts
from service.retriever import Retriever
from service.sessions import SessionStore

log = logging.getLogger(__name__)

# Of the bytes of the conversations, when memory is short: each time that it still is.
SHED_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Running:
    """What the routes work with."""

    settings: Settings
    engine: Engine
    sessions: SessionStore
    metrics: Metrics
    guard: Guard


@asynccontextmanager
async def run(
    settings: Settings, parts: Parts, metrics: Metrics, gate: Gate
) -> AsyncIterator[Running]:
    """The service, ready for questions; afterwards its threads, files and connections are closed."""
    async with AsyncExitStack() as stack:
        stack.callback(parts.store.close)
        found = kept(settings, parts)
        sessions, cache, gate.rate_limit = found.sessions, found.answers, found.rate_limit
        stack.push_async_callback(sessions.close)
        engine = _engine(settings, parts, sessions, cache)
        stack.push_async_callback(engine.close)
        # What is loaded by now stays: a full collection took 20 ms of it and found nothing.
        gc.freeze()
        gate.guard = guard = _guard(settings, sessions, cache)
        metrics.watch(Watched(engine, sessions, cache, guard, gate), _info(settings, parts))
        guard.begin()
        _say_ready(settings, parts)
        works = [_each_minute(settings, sessions), guard.watch()]
        for work in [*works, found.watch()] if found.watch else works:
            stack.push_async_callback(_stop, asyncio.create_task(work))
        yield Running(settings, engine, sessions, metrics, guard)


def _engine(settings: Settings, parts: Parts, sessions: SessionStore, cache: AnswerCache) -> Engine:
    bound = settings.max_in_flight
    if parts.chain:
        from service.langchain_engine import ChainEngine

        return ChainEngine(parts.chain, sessions, cache, max_in_flight=bound)
    retriever = Retriever(
        parts.embedder,
        parts.store,
        top_k=settings.top_k,
        workers=settings.embed_workers,
        wait_s=settings.queue_timeout_s,
    )
    return Engine(retriever, _answerer(settings), sessions, cache, max_in_flight=bound)


def _answerer(settings: Settings) -> Answerer:
    key = settings.llm_key
    if settings.engine == "extractive" or key is None:
        return Extractive(min_score=settings.answer_min_score)
    from service.upstream import Upstream  # imports httpx: 5 MiB

    return Upstream.of(settings, key)


def _guard(settings: Settings, sessions: SessionStore, cache: AnswerCache) -> Guard:
    def drop_answers(short: int) -> bool:
        if cache.usage().bytes < short:
            return False
        cache.clear()
        give_back()
        return True

    def drop_sessions(short: int) -> None:
        sessions.shed(SHED_SHARE, short)
        give_back()

    reserve = int(settings.memory_reserve_mib * 2**20)
    read = Headroom(settings.memory_limit).read
    return Guard(read, drop_answers, drop_sessions, reserve=reserve)


def _info(settings: Settings, parts: Parts) -> dict[str, str]:
    return {
        "version": __version__,
        "model": parts.embedder.name,
        "recipe": parts.embedder.recipe,
        "documents": str(parts.store.info.count),
        "engine": settings.engine,
    }


def _say_ready(settings: Settings, parts: Parts) -> None:
    log.info(
        "ready documents=%d store=%s model=%s recipe=%s engine=%s",
        parts.store.info.count,
        parts.store.info.folder,
        parts.embedder.name,
        parts.embedder.recipe,
        settings.engine,
    )


async def _each_minute(settings: Settings, sessions: SessionStore) -> None:
    """Forget what is too old also when nobody asks, and tell the memory figures."""
    while True:
        await asyncio.sleep(settings.log_memory_s or 60)
        sessions.sweep()
        if settings.log_memory_s:
            log.info("memory %s", memory_line(sessions))


def memory_line(sessions: SessionStore) -> str:
    """The memory figures in MiB, and how many sessions there are here."""
    figures = (f"{name}_mib={value / 2**20:.1f}" for name, (_, value) in memory_figures().items())
    count = sessions.usage().count
    return " ".join([*figures, *([] if count is None else [f"sessions={count}"])])


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
