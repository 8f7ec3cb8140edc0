"""YAML with its comments and quotes."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML


def parse(text: str) -> Any:
    return _yaml().load(text)


def dump(document: Any, original: str) -> str:
    stream = io.StringIO()
    _yaml().dump(document, stream)
    return stream.getvalue()


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096  # a folded command is one that nobody can copy
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
