"""Every setting of the service, read once from the environment and `.env`.

A variable of the environment wins over the same one in `.env`; an empty one counts as not set.
`.env.example` and the table in the README are made from this class (`settings_table.py`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AnyHttpUrl,
    BeforeValidator,
    ByteSize,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service.env_source import EnvFileSource

OPENROUTER = "https://openrouter.ai/api/v1"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _with_unit(amount: object) -> object:
    """512 MB is not 512 MiB, and neither is a bare 512."""
    if isinstance(amount, str) and not re.fullmatch(r"\s*\d+(\.\d+)?\s*[kmg]?i?b\s*", amount, re.I):
        raise ValueError("must be an amount with its unit, such as 512MiB or 512MB")
    return amount


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


class Settings(BaseSettings):
    """The settings; the description of each field is its documentation."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # a refused value may be a key
    )

    # Where it listens
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8000, description="Port to listen on; hosts set it. 0 takes any free one."
    )
    bind_host: str | None = Field(
        None,
        description="Address to listen on. Not set: 0.0.0.0 where the environment gives PORT, as"
        " hosts do, else 127.0.0.1.",
    )
    web_concurrency: Annotated[int, Field(ge=1)] = Field(
        1,
        description="Some hosts set it. Only one worker is run: each would hold the model, and"
        " conversations live in the memory of one process.",
    )
    shutdown_grace_s: Annotated[int, Field(ge=0, le=3600)] = Field(
        25,
        description="Seconds that running answers get to finish when the service is stopped; new"
        " requests get 503 meanwhile. Keep it below the time after which the host kills, often 30.",
    )

    # What it loads
    model_dir: Path = Field(
        Path("models/all-MiniLM-L6-v2"), description="Folder of the embedding model."
    )
    store_dir: Path = Field(Path("stores/shop"), description="Folder of the document store.")
    store_url: SecretStr | None = Field(
        None,
        description="Address of a store elsewhere, instead of STORE_DIR:"
        " `postgresql://USER:PASSWORD@HOST/DATABASE#TABLE` (extra `pgvector`) or"
        " `qdrant+http://HOST:6333#COLLECTION` (extra `qdrant`).",
    )
    embed_threads: Annotated[int, Field(ge=1, le=16)] = Field(
        1, description="Threads that one embedding uses."
    )
    # Measured on two cores, eight questions at a time: 2 workers 470 to 520 questions/s, 1 worker 310
    # to 350, for 4.7 MiB; 2 threads and 1 worker 350 to 380, for none.
    embed_workers: Annotated[int, Field(ge=1, le=16)] = Field(
        2, description="Questions embedded at the same time; the second one costs 5 MiB."
    )

    # How it answers
    chat_engine: Literal["auto", "extractive", "upstream", "langchain"] = Field(
        "auto",
        description="`extractive` returns the best matching passage, `upstream` asks a language"
        " model, `auto` asks one when there is a key; `langchain` does it with a LangChain chain and"
        " needs the extra `langchain`.",
    )
    chat_chain: str | None = Field(
        None,
        description="`module:factory` of a LangChain chain of your own, for CHAT_ENGINE=langchain;"
        " examples/own_chain.py is one.",
    )
    top_k: Annotated[int, Field(ge=1, le=50)] = Field(
        4, description="Documents looked up for a question."
    )
    answer_min_score: Annotated[float, Field(ge=-1, le=1)] = Field(
        # Of 60 paraphrased questions that the sample store answers and 60 that it does not: at .38 41
        # get the right passage, 15 a related one, 4 none, and 1 of the others gets one; at .30 43,
        # 17, 0 and 5; at .45 33, 12, 15 and 0 (tests/service/test_extractive.py).
        0.38,
        description="Cosine similarity below which the extractive engine says that it does not know.",
    )
    openrouter_api_key: SecretStr | None = Field(None, description="Key for OpenRouter.")
    llm_api_key: SecretStr | None = Field(
        None,
        description="Key for another OpenAI-compatible upstream; wins over OPENROUTER_API_KEY."
        " A local server that needs none takes any text.",
    )
    llm_base_url: AnyHttpUrl = Field(
        AnyHttpUrl(OPENROUTER), description="Address of the upstream, up to and including `/v1`."
    )
    llm_model: Annotated[str, Field(min_length=1)] = Field(
        "openai/gpt-4o-mini", description="Model that the upstream is asked for."
    )
    llm_timeout_s: Annotated[float, Field(gt=0, le=600)] = Field(
        30, description="Seconds for one answer of the upstream, retries included."
    )
    llm_retries: Annotated[int, Field(ge=0, le=10)] = Field(
        2, description="Retries after 429, 5xx and connection errors."
    )
    llm_failures: Annotated[int, Field(ge=0)] = Field(
        8,
        description="Failed connections, timeouts and 5xx in a row after which the upstream is left"
        " alone for LLM_PAUSE_S, and who asks gets 503 at once; 0 for never.",
    )
    llm_pause_s: Annotated[float, Field(gt=0, le=600)] = Field(
        10, description="Seconds for which a failing upstream is left alone."
    )
    llm_max_tokens: Annotated[int, Field(ge=1)] = Field(
        512, description="Longest answer asked for, in tokens."
    )
    llm_condense: bool = Field(
        True,
        description="Have the language model rephrase a follow-up question, so that its documents are"
        " found: one more call, of at most a third of LLM_TIMEOUT_S. Otherwise the question before is"
        " taken into account as the extractive engine does it.",
    )

    # What it remembers and accepts
    memory_turns: Annotated[int, Field(ge=0, le=100)] = Field(
        5, description="Turns of a conversation that are kept; older ones are dropped."
    )
    sessions_max: Annotated[int, Field(ge=1)] = Field(
        10_000, description="Conversations kept; the one unused for longest goes first."
    )
    sessions_mib: Annotated[float, Field(ge=1)] = Field(
        16, description="MiB that all conversations may take."
    )
    sessions_ttl_s: Annotated[float, Field(gt=0)] = Field(
        3600, description="Seconds after which an unused conversation is forgotten."
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Redis that keeps conversations and answers for several instances, such as"
        " redis://localhost:6379/0; needs the extra `redis`. SESSIONS_MAX and SESSIONS_MIB have no"
        " effect then: Redis' own maxmemory bounds it.",
    )
    cache_mib: Annotated[float, Field(ge=0)] = Field(
        4,
        description="MiB of answers kept for who asks the same after the same conversation; 0 keeps"
        " none.",
    )
    cache_ttl_s: Annotated[float, Field(gt=0)] = Field(
        3600, description="Seconds after which a kept answer is made anew."
    )
    cache_similarity: Annotated[float, Field(ge=0.8, le=1)] | None = Field(
        None,
        description="Cosine similarity, such as 0.95, from which on a first question gets the answer"
        " that was kept for another one in the same words, but for case, articles and the like"
        " (docs/limits.md). Not set: only for the very same.",
    )
    max_question_chars: Annotated[int, Field(ge=1, le=100_000)] = Field(
        2000, description="Longest question, in characters."
    )
    max_body_kib: Annotated[int, Field(ge=1, le=10_240)] = Field(
        64, description="Largest request body, in KiB."
    )
    max_in_flight: Annotated[int, Field(ge=1)] = Field(
        128,
        description="Questions worked on or waiting, those that the cache answers apart; the next one"
        " gets 503 with Retry-After.",
    )
    queue_timeout_s: Annotated[float, Field(gt=0, le=600)] = Field(
        10, description="Seconds that a question may wait to be embedded; then it gets 503."
    )
    max_connections: Annotated[int, Field(ge=8)] = Field(
        512,
        description="Open connections; beyond, the one that has waited longest without asking for"
        " anything is closed.",
    )
    request_timeout_s: Annotated[float, Field(gt=0, le=600)] = Field(
        10,
        description="Seconds in which the head of a request must arrive, again its body, and in which"
        " a client that has stopped reading its answer must go on.",
    )

    max_bodies_mib: Annotated[float, Field(ge=1)] = Field(
        8,
        description="MiB of request bodies that are read or answered; the next one gets 503 with"
        " Retry-After.",
    )
    memory_limit: Annotated[ByteSize, BeforeValidator(_with_unit)] | None = Field(
        None,
        description="Memory that this process may take, such as 512MiB, where that is less than the"
        " limit of its control group, which it finds by itself.",
    )
    # A question of 256 tokens takes 8 MiB while it is embedded (`retriever.py`).
    memory_reserve_mib: Annotated[float, Field(ge=1)] = Field(
        8,
        description="MiB left below the limit at which new questions get 503 with Retry-After; at a"
        " quarter more the oldest idle conversations go, at half as much more the kept answers.",
    )

    # Who may ask
    api_tokens: SecretStr | None = Field(
        None,
        description="Tokens, with commas between them: who asks needs one of them, as `Authorization:"
        " Bearer TOKEN`; health checks and the chat page, which sends none, stay open.",
    )
    rate_limit: Annotated[int, Field(ge=0)] = Field(
        0,
        description="Questions that one client (a token, else an address) may ask in a minute; beyond,"
        " 429 with Retry-After. 0 for any number.",
    )
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = Field(
        0,
        description="Proxies in front that append to X-Forwarded-For, by which clients are told apart;"
        " hosts have 1 or more.",
    )
    cors_origins: str | None = Field(
        None,
        description="Origins of other web pages that may ask, with commas between them, such as"
        " https://shop.example; not set, browsers let none.",
    )

    # What it shows and tells
    chat_page: bool = Field(True, description="Serve a chat page at /.")
    page_title: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        "Ask the documents", description="Title of the chat page."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log lines that are written."
    )
    log_requests: bool = Field(
        True, description="One log line per request, without question and session."
    )
    log_memory_s: Annotated[float, Field(ge=0)] = Field(
        60,
        description="Seconds between two log lines with the memory figures, at least 0.1; 0 for none.",
    )
    docs: bool = Field(False, description="Serve the OpenAPI description at /openapi.json.")

    @property
    def llm_key(self) -> SecretStr | None:
        """The key that goes to the upstream, None without one."""
        return self.llm_api_key or self.openrouter_api_key

    @property
    def tokens(self) -> list[str]:
        """The API tokens; none needed when there are none."""
        return _words(self.api_tokens.get_secret_value() if self.api_tokens else "")

    @property
    def origins(self) -> list[str]:
        """The origins whose pages may ask."""
        return _words(self.cors_origins or "")

    @property
    def engine(self) -> Literal["extractive", "upstream", "langchain"]:
        """The engine that `chat_engine` comes down to."""
        if self.chat_engine != "auto":
            return self.chat_engine
        return "upstream" if self.llm_key else "extractive"

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_any_case(cls, level: object) -> object:
        name = level.lower() if isinstance(level, str) else level
        return "warning" if name == "warn" else name

    @field_validator("log_memory_s")
    @classmethod
    def _not_all_the_time(cls, seconds: float) -> float:
        if 0 < seconds < 0.1:
            raise ValueError("must be 0, or at least 0.1")
        return seconds

    @field_validator("llm_base_url")
    @classmethod
    def _no_key_in_the_clear(cls, url: AnyHttpUrl) -> AnyHttpUrl:
        if url.scheme == "http" and urlsplit(str(url)).hostname not in LOOPBACK:
            raise ValueError("must be https, or the key could be read on its way")
        if url.username or url.password or url.query or url.fragment:
            raise ValueError("must be an address alone, without user, password, ? and #")
        return url

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: str | None) -> str | None:
        """As browsers send them: in lower case, without the port that goes without saying."""
        named = _words((origins or "").lower())
        for origin in named:
            if not re.fullmatch(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?", origin):
                raise ValueError(
                    "must be origins such as https://shop.example, in ASCII and without a path"
                )
        return ",".join(re.sub(r"^(https://.*):443$|^(http://.*):80$", r"\1\2", o) for o in named)

    @field_validator("api_tokens")
    @classmethod
    def _are_hard_to_guess(cls, tokens: SecretStr | None) -> SecretStr | None:
        # None at all, as of "," alone, would leave the service open.
        for token in _words(tokens.get_secret_value()) or [""] if tokens else []:
            if len(token) < 16 or not re.fullmatch(r"[\w.~+/=-]+", token, re.ASCII):
                raise ValueError("must be at least 16 letters, digits or . _ ~ + / = - each")
        return tokens

    @field_validator("llm_api_key", "openrouter_api_key")
    @classmethod
    def _fit_for_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        text = key.get_secret_value() if key else "-"
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("must be printable ASCII without spaces")
        return key

    @field_validator("redis_url")
    @classmethod
    def _names_a_redis(cls, url: SecretStr | None) -> SecretStr | None:
        schemes = ("redis://", "rediss://", "unix://")
        if url and not url.get_secret_value().startswith(schemes):
            raise ValueError("must be an address such as redis://localhost:6379/0")
        return url

    @field_validator("store_url")
    @classmethod
    def _names_a_store(cls, url: SecretStr | None) -> SecretStr | None:
        schemes = ("postgresql://", "postgres://", "qdrant:", "qdrant+http://", "qdrant+https://")
        if url and not url.get_secret_value().startswith(schemes):
            raise ValueError("must begin with postgresql://, qdrant+http:// or qdrant+https://")
        return url

    @field_validator("chat_chain")
    @classmethod
    def _names_a_factory(cls, name: str | None) -> str | None:
        if name and not re.fullmatch(r"\w+(\.\w+)*:\w+", name):
            raise ValueError("must be module:factory, such as own_chain:chain")
        return name

    @model_validator(mode="after")
    def _engine_has_what_it_needs(self) -> Self:
        if self.chat_engine in ("upstream", "langchain") and not self.llm_key:
            raise ValueError(
                f"CHAT_ENGINE={self.chat_engine} needs OPENROUTER_API_KEY or LLM_API_KEY"
            )
        if self.chat_chain and self.chat_engine != "langchain":
            raise ValueError("CHAT_CHAIN needs CHAT_ENGINE=langchain")
        if self.cache_similarity and self.chat_engine == "langchain":
            raise ValueError("CACHE_SIMILARITY works without CHAT_ENGINE=langchain only")
        return self

    @model_validator(mode="after")
    def _limit_is_above_the_reserve(self) -> Self:
        if self.memory_limit and self.memory_limit <= self.memory_reserve_mib * 2**20:
            raise ValueError("MEMORY_LIMIT must be more than MEMORY_RESERVE_MIB")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, EnvFileSource(settings_cls, Path(".env"))
