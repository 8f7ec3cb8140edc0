"""How it answers: the engine, and the language model it asks."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

OPENROUTER = "https://openrouter.ai/api/v1"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Answering(BaseSettings):
    """How it answers: the engine, and the language model it asks."""

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

    @property
    def llm_key(self) -> SecretStr | None:
        """The key that goes to the upstream, None without one."""
        return self.llm_api_key or self.openrouter_api_key

    @property
    def engine(self) -> Literal["extractive", "upstream", "langchain"]:
        """The engine that `chat_engine` comes down to."""
        if self.chat_engine != "auto":
            return self.chat_engine
        return "upstream" if self.llm_key else "extractive"

    @field_validator("llm_base_url")
    @classmethod
    def _no_key_in_the_clear(cls, url: AnyHttpUrl) -> AnyHttpUrl:
        if url.scheme == "http" and urlsplit(str(url)).hostname not in LOOPBACK:
            raise ValueError("must be https, or the key could be read on its way")
        if url.username or url.password or url.query or url.fragment:
            raise ValueError("must be an address alone, without user, password, ? and #")
        return url

    @field_validator("llm_api_key", "openrouter_api_key")
    @classmethod
    def _fit_for_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        text = key.get_secret_value() if key else "-"
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("must be printable ASCII without spaces")
        return key

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
        return self
