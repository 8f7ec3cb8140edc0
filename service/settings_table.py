"""The settings as a Markdown table, for the README, and as `.env.example`."""

from __future__ import annotations

import textwrap
from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from service.config import Settings

_SIGNS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def markdown() -> str:
    """One row per setting: its name, its default, what it means."""
    rows = [
        f"| `{name.upper()}` | {f'`{default}`' if (default := _default(field)) else ''} |"
        f" {field.description}{_range(field)} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| setting | default | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def env_example() -> str:
    """The text of `.env.example`: every setting, commented out, with its default."""
    head = (
        "# Settings of the chat service. Copy this file to .env and change what you need.\n"
        "# Made by `python -m service --settings env`; variables of the environment win over it.\n"
    )
    return head + "".join(_example(name, field) for name, field in Settings.model_fields.items())


def _example(name: str, field: FieldInfo) -> str:
    lines = textwrap.wrap(f"{field.description}{_range(field)}", 98, break_on_hyphens=False)
    meaning = "".join(f"# {line}\n" for line in lines)
    return f"\n{meaning}# {name.upper()}={_default(field)}\n"


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is None or value is PydanticUndefined:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _range(field: FieldInfo) -> str:
    """What values are allowed, in brackets; empty where any is."""
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return f" ({', '.join(choices)})"
    bounds = [
        f"{sign} {getattr(rule, key)}"
        for rule in field.metadata
        for key, sign in _SIGNS.items()
        if hasattr(rule, key)
    ]
    return f" ({', '.join(bounds)})" if bounds else ""
