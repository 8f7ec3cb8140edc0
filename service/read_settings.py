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

# Near to settings of ours, and usual elsewhere.
OTHERS = ("LOGLEVEL",)


def load_settings(**overrides: Any) -> Settings:
    """The settings from `overrides`, then the environment, then `.env` in the working folder.

    Raises CommandError (exit code 2) that names each refused setting and where it stands.
    """
    problems = [
        f"{name} (in the environment) is no setting{suggestion(name)}"
        for name in misspelt_names(os.environ)
    ]
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        problems += [_problem(detail, overrides) for detail in error.errors()]
    if problems:
        raise CommandError(f"{'; '.join(problems)}. `.env.example` explains every setting.")
    return settings


def _problem(detail: Mapping[str, Any], overrides: Mapping[str, Any]) -> str:
    message = str(detail["msg"]).removeprefix("Value error, ")
    if not detail["loc"]:
        return message
    field = str(detail["loc"][0])
    name = field.upper()
    where = _where(field, overrides)
    if detail["type"] == "extra_forbidden":
        return f"{name} ({where}) is no setting{suggestion(name)}"
    return f"{name} ({where}): {_as_it_goes_on(message)}"


def _as_it_goes_on(message: str) -> str:
    """Pydantic begins with a capital, but an acronym keeps its own."""
    return message if message[:2].isupper() else message[0].lower() + message[1:]


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


def misspelt_names(environment: Iterable[str]) -> list[str]:
    """Variables of the environment that were meant as settings of ours: they would have no effect."""
    return sorted(name for name in _near_names(environment) if not _is_others(name))


def unknown_names(environment: Iterable[str]) -> list[str]:
    """Variables that are nearly settings of ours but rather another program's, with what is near.

    It has a right to them, so these are worth a warning, not a refusal.
    """
    names = (name for name in _near_names(environment) if _is_others(name))
    return sorted(f"{name}{suggestion(name)}" for name in names)


def _near_names(environment: Iterable[str]) -> Iterable[str]:
    strange = (name for name in environment if name.lower() not in Settings.model_fields)
    return (name for name in strange if suggestion(name))


def _is_others(name: str) -> bool:
    """Whether `name` is well known, or a setting's with a word more: DB_MAX_CONNECTIONS, TOP_K_2.

    Names as short as PORT or DOCS are near to too many words.
    """
    near = nearest(name.lower(), Settings.model_fields) or ""
    a_word_more = f"_{name.lower()}_".replace(f"_{near}_", "", 1) != f"_{name.lower()}_"
    return a_word_more or "_" not in near or name in OTHERS
