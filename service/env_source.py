"""Hands the entries of `.env` to pydantic-settings."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from service.env_file import read_env_file

# LLM_TIMEOUT is as near to LLM_TIMEOUT_S; OPENAI_API_KEY is farther from OPENROUTER_API_KEY.
LIKENESS = 0.85


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that was probably meant by `name`, None where none is near enough."""
    return next(iter(difflib.get_close_matches(name, list(names), 1, LIKENESS)), None)


class EnvFileSource(PydanticBaseSettingsSource):
    """The env file `path`: names in any case, empty values count as not set, the last one wins.

    Names near to that of a setting are handed on, so that `extra="forbid"` refuses them: they would
    have no effect. Any others belong to other programs.
    """

    def __init__(self, settings_cls: type[BaseSettings], path: Path) -> None:
        super().__init__(settings_cls)
        names = settings_cls.model_fields
        self._values = {
            name: entry.value
            for entry in read_env_file(path)
            if entry.value and ((name := entry.name.lower()) in names or nearest(name, names))
        }

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self._values)
