"""Hands the entries of `.env` to pydantic-settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from service.env_file import read_env_file


class EnvFileSource(PydanticBaseSettingsSource):
    """The env file `path`: names in any case, empty values count as not set, the last one wins.

    Names that are no settings are handed on, so that `extra="forbid"` refuses them: in this file
    they would have no effect.
    """

    def __init__(self, settings_cls: type[BaseSettings], path: Path) -> None:
        super().__init__(settings_cls)
        self._values = {
            entry.name.lower(): entry.value for entry in read_env_file(path) if entry.value
        }

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self._values)
