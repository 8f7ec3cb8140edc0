"""Every setting of the service, read once from the environment and `.env`.

A variable of the environment wins over the same one in `.env`; an empty one counts as not set.
Each group of settings has a file here. `.env.example` and the table in the README are made from
them (`settings_table.py`), in the order of the groups.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service.config.access import Access
from service.config.answering import OPENROUTER, Answering
from service.config.bounds import Bounds
from service.config.listening import Listening
from service.config.loading import Loading
from service.config.remembering import Remembering
from service.config.showing import Showing
from service.env_source import EnvFileSource

__all__ = ["OPENROUTER", "Settings"]


# The last base has the first fields.
class Settings(Showing, Access, Bounds, Remembering, Answering, Loading, Listening):
    """The settings; the description of each field is its documentation."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # a refused value may be a key
    )

    @model_validator(mode="after")
    def _similar_questions_are_no_chains(self) -> Self:
        if self.cache_similarity and self.chat_engine == "langchain":
            raise ValueError("CACHE_SIMILARITY works without CHAT_ENGINE=langchain only")
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
