"""YAML with its comments, quotes and layout."""

from __future__ import annotations

import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from deploy.formats.layout import merged

_INDENTED = 2  # of a list below its key, as we write it
_LIST = re.compile(r"^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:\s*#[^\n]*\n|\s*\n)*( *)- ", re.M)


def parse(text: str) -> Any:
    return _yaml(_INDENTED).load(text)


def dump(document: Any, original: str) -> str:
    """A line of `original` whose value is the same stays as it is, spaces included."""
    indent = _list_indent(original)
    new = _dumped(document, indent)
    # What the parser alone makes of it tells the lines with another value from those laid out anew.
    laid_out = _dumped(parse(original), indent).splitlines(keepends=True)
    lines = original.splitlines(keepends=True)
    if len(lines) != len(laid_out):
        return new
    kept = "".join(merged(lines, laid_out, new.splitlines(keepends=True)))
    return kept if _means(kept, new) else new


def _means(one: str, other: str) -> bool:
    try:
        return bool(parse(one) == parse(other))
    except YAMLError:
        return False


def _list_indent(text: str) -> int:
    """How far the first list stands to the right of its key."""
    found = _LIST.search(text)
    return max(len(found[2]) - len(found[1]), 0) if found else _INDENTED


def _dumped(document: Any, indent: int) -> str:
    stream = io.StringIO()
    _yaml(indent).dump(document, stream)
    return stream.getvalue()


def _yaml(indent: int) -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096  # a folded command is one that nobody can copy
    yaml.indent(mapping=2, sequence=indent + 2, offset=indent)
    return yaml
