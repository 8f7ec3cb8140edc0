"""YAML with its comments, quotes and layout."""

from __future__ import annotations

import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from deploy.formats.layout import Unaligned, aligned, merged

Indent = tuple[int, int]  # columns from a key to the dash of its list, and from there to the item
_OURS = (2, 2)
_LIST = re.compile(r"^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:\s*#[^\n]*\n|\s*\n)*( *)(- +)", re.M)

_BEGINNING = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\n)*---[ \t]*\n")  # the parser drops it


def parse(text: str) -> Any:
    return _yaml(_OURS).load(text)


def dump(document: Any, original: str) -> str:
    """A line of `original` whose value is the same stays as it is, spaces included."""
    found = _BEGINNING.match(original)
    beginning = found[0] if found else ""
    return beginning + _in_layout(document, original.removeprefix(beginning))


def _in_layout(document: Any, original: str) -> str:
    indent = _indent(original)
    new = _dumped(document, indent)
    # What the parser alone makes of it tells the lines with another value from those laid out anew.
    laid_out = _dumped(parse(original), indent).splitlines(keepends=True)
    try:
        parts = aligned(original, laid_out)
    except Unaligned:
        return new
    kept = "".join(merged(parts, laid_out, new.splitlines(keepends=True)))
    return kept if _means(kept, new) else new


def _means(one: str, other: str) -> bool:
    try:
        return bool(parse(one) == parse(other))
    except YAMLError:
        return False


def _indent(text: str) -> Indent:
    """That of the first list."""
    found = _LIST.search(text)
    return (max(len(found[2]) - len(found[1]), 0), len(found[3])) if found else _OURS


def _dumped(document: Any, indent: Indent) -> str:
    stream = io.StringIO()
    _yaml(indent).dump(document, stream)
    return stream.getvalue()


def _yaml(indent: Indent) -> YAML:
    dash, item = indent
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096  # a folded command is one that nobody can copy
    yaml.indent(mapping=2, sequence=dash + item, offset=dash)
    return yaml
