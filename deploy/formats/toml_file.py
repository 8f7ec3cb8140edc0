"""TOML with its comments."""

from __future__ import annotations

from typing import Any

import tomlkit


def parse(text: str) -> Any:
    return tomlkit.parse(text)


def dump(document: Any, original: str) -> str:
    return tomlkit.dumps(document)
