"""Reads the settings, and says in one paragraph what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from service.config import Settings
from service.env_file import read_env_file
from service.env_source import nearest
from vectorstore.commandline import CommandError


def load_settings(**overrides: Any) -> Settings:
    """The settings from `overrides`, then the environment, then `.env` in the working folder.

    Raises CommandError (exit code 2) that names each refused setting and where it stands.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = "; ".join(_problem(detail, overrides) for detail in error.errors())
        raise CommandError(f"{problems}. `.env.example` explains every setting.") from None


def _problem(detail: Mapping[str, Any], overrides: Mapping[str, Any]) -> str:
    message = str(detail["msg"]).removeprefix("Value error, ")
    if not detail["loc"]:
        return message
    field = str(detail["loc"][0])
    name = field.upper()
    where = _where(field, overrides)
    if detail["type"] == "extra_forbidden":
        return f"{name} ({where}) is no setting{suggestion(name)}"
    return f"{name} ({where}): {message[0].lower()}{message[1:]}"


def _where(field: str, overrides: Mapping[str, Any]) -> str:
    if field in overrides:
        return "given to this command"
    if any(name.lower() == field for name in os.environ):
        return "in the environment"
    lines = [entry.line for entry in read_env_file(Path(".env")) if entry.name.lower() == field]
    return f".env, line {lines[-1]}" if lines else "not set"


def suggestion(name: str) -> str:
    """` (did you mean X?)` for a name near to that of a setting, else nothing."""
    near = nearest(name.lower(), Settings.model_fields)
    return f" (did you mean {near.upper()}?)" if near else ""


def foreign_names(path: Path = Path(".env")) -> list[str]:
    """The names in `.env` that are no settings of ours, in its order; never their values."""
    names = [entry.name for entry in read_env_file(path)]
    return [
        name for name in names if name.lower() not in Settings.model_fields and not suggestion(name)
    ]


def unknown_names(environment: Iterable[str]) -> list[str]:
    """Variables of the environment that are nearly settings of ours, each with what was meant.

    Other programs have a right to theirs, so these are worth a warning, not a refusal.
    """
    strange = (name for name in environment if name.lower() not in Settings.model_fields)
    return sorted(f"{name}{hint}" for name in strange if (hint := suggestion(name)))
