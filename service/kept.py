"""What is kept between questions, here or in Redis: conversations, answers, who asked how often."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

from pydantic import SecretStr

from service.answer_cache import AnswerCache
from service.config import Settings
from service.memory_sessions import MemorySessions
from service.parts import Parts
from service.rate_limit import RateLimit
from service.sessions import SessionStore
from vectorstore.base import StoreInfo
from vectorstore.commandline import CommandError


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept. `watch`: looks after it for ever, where it is elsewhere."""

    sessions: SessionStore
    answers: AnswerCache
    rate_limit: RateLimit
    watch: Callable[[], Coroutine[Any, Any, None]] | None = None


def kept(settings: Settings, parts: Parts) -> Kept:
    """Empty, or as Redis has it. Raises CommandError when the extra is missing."""
    # What a chain of one's own depends on, only that chain knows.
    answers_bytes = 0 if settings.chat_chain else int(settings.cache_mib * 2**20)
    scope = _scope(settings, parts)
    if settings.redis_url:
        return _in_redis(settings, settings.redis_url, answers_bytes, scope)
    sessions = MemorySessions(
        turns=settings.memory_turns,
        max_sessions=settings.sessions_max,
        max_bytes=int(settings.sessions_mib * 2**20),
        ttl_s=settings.sessions_ttl_s,
    )
    answers = AnswerCache(
        max_bytes=answers_bytes,
        ttl_s=settings.cache_ttl_s,
        scope=scope,
        similarity=settings.cache_similarity,
    )
    return Kept(sessions, answers, RateLimit(settings.rate_limit))


def _in_redis(settings: Settings, url: SecretStr, answers_bytes: int, scope: list[str]) -> Kept:
    if find_spec("redis") is None:
        raise CommandError(
            "REDIS_URL needs the extra redis: pip install 'fit512[redis]' (in a checkout: pip"
            " install -e '.[redis]'), or leave REDIS_URL out for one instance."
        )
    from service.redis_answers import SharedAnswers  # redis: 6 MiB
    from service.redis_client import connect
    from service.redis_rate_limit import SharedRateLimit
    from service.redis_sessions import RedisSessions
    from service.redis_watch import watch

    try:
        client = connect(url)
    except ValueError:  # its text may repeat the password
        raise CommandError(
            "REDIS_URL is no address of a Redis: write redis://USER:PASSWORD@HOST:6379/0, with what is"
            " special in a password percent-encoded, and the number of a database at the end."
        ) from None
    ttl_s = settings.sessions_ttl_s
    sessions = RedisSessions(client, turns=settings.memory_turns, ttl_s=ttl_s)
    answers = SharedAnswers(
        client,
        max_bytes=answers_bytes,
        ttl_s=settings.cache_ttl_s,
        scope=scope,
        similarity=settings.cache_similarity,
    )
    rate_limit = SharedRateLimit(client, settings.rate_limit)
    return Kept(sessions, answers, rate_limit, partial(watch, client))


def _scope(settings: Settings, parts: Parts) -> list[str]:
    """All that every answer depends on."""
    scope = [
        _store(settings, parts.store.info),
        parts.embedder.sha256,
        parts.embedder.recipe,
        settings.engine,
    ]
    asked = [settings.llm_base_url, settings.llm_model, settings.llm_max_tokens]
    found = [settings.top_k, settings.answer_min_score, settings.llm_condense]
    return [*scope, *map(str, [*asked, *found])]


def _store(settings: Settings, info: StoreInfo) -> str:
    """What names the documents: of a store elsewhere only its address, model and count are known."""
    if settings.store_url:
        return repr(info)
    return hashlib.sha256((info.folder / "manifest.json").read_bytes()).hexdigest()
