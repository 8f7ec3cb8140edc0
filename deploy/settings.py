"""`fit512.toml`: what a person says about a repository, over what is found there.

[deploy]
name = "shop"
command = "python -m shop"

[deploy.environment]
LOG_LEVEL = "warning"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.plan import Found
from deploy.settings_values import OF_A_HOST, refusal
from vectorstore.commandline import CommandError

FILE = "fit512.toml"
TEXT, NUMBER, FLAG, LIST, TABLE = str, int, bool, list, dict
KEYS: Mapping[str, type] = {
    "app": TEXT,
    "build": TEXT,
    "command": TEXT,
    "environment": TABLE,
    "folder": TEXT,
    "health": TEXT,
    "heroku_size": TEXT,
    "instances": NUMBER,
    "keep": LIST,
    "limit": TEXT,
    "manifest": TEXT,
    "mine": LIST,
    "models": LIST,
    "name": TEXT,
    "port": (int, str),  # type: ignore[dict-item]
    "python": TEXT,
    "railway": TABLE,
    "redis": FLAG,
    "render_plan": TEXT,
    "repository": TEXT,
    "secrets": LIST,
    "stores": LIST,
}


class Said:
    """The settings of one file, with the line of each."""

    def __init__(self, text: str, values: Mapping[str, Any]) -> None:
        self._text = text
        self._values = values

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def get(self, key: str) -> Any:
        return self._values.get(key)

    def over(self, key: str, found: Found[Any]) -> Found[Any]:
        """What the file says of `key`, else what was found."""
        if key not in self._values:
            return found
        value = None if key == "port" and self._values[key] is False else self._values[key]
        said = tuple(value) if isinstance(value, list) else value
        return Found(said, f"{FILE}:{line_of(self._text, key)}")


def read_settings(root: Path) -> Said:
    """The file of a repository; no file says nothing. Raises CommandError for what is not known."""
    file = root / FILE
    if not file.is_file():
        return Said("", {})
    try:
        text = file.read_text("utf-8")
        document = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"{file}: {error}. Mend it, or remove it.") from error
    for key in document.keys() - {"deploy"}:
        raise _refused(file, text, key, f"no such table; write [deploy] in {FILE}")
    values = document.get("deploy", {})
    if not isinstance(values, dict):
        raise _refused(file, text, "deploy", f"is a table: write [deploy] in {FILE}")
    for key, value in values.items():
        _check(file, text, key, value)
    return Said(text, values)


def _check(file: Path, text: str, key: str, value: Any) -> None:
    if key not in KEYS:
        raise _refused(file, text, key, f"no such key. There are {', '.join(KEYS)}")
    kind = KEYS[key]
    inner = value.values() if kind is TABLE and isinstance(value, dict) else value
    texts = kind in (LIST, TABLE) and isinstance(value, kind) and key not in OF_A_HOST
    wrong = texts and not all(isinstance(item, str) for item in inner)
    if not isinstance(value, kind) or wrong or (kind is NUMBER and value is True):
        raise _refused(file, text, key, f"{value!r} is of the wrong kind. {_example(kind)}")
    if why := refusal(key, value, file.parent):
        raise _refused(file, text, key, why)


def _example(kind: type) -> str:
    examples = {TEXT: 'a text: "…"', NUMBER: "a number", FLAG: "true or false"}
    examples |= {LIST: 'a list of texts: ["…"]', TABLE: 'a table of texts: NAME = "…"'}
    return f"Write {examples.get(kind, 'a number, a text, or false')}"


def _refused(file: Path, text: str, key: str, why: str) -> CommandError:
    return CommandError(f"{file}:{line_of(text, key)}: {key}: {why}.")


def line_of(text: str, key: str) -> int:
    """The line on which a key or a table of that name begins; 1 where none is found."""
    wanted = re.compile(rf"\s*(\[+[^\]]*)?\b{re.escape(key)}\b\s*[=\].]")
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if wanted.match(line)), 1)
