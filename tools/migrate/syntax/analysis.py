"""A parsed text and what its nodes mean, worked out when asked for and kept between rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from functools import cache, cached_property, lru_cache

import libcst as cst
from libcst.metadata import (
    ByteSpanPositionProvider,
    CodeSpan,
    MetadataWrapper,
    Scope,
    ScopeProvider,
)

# A module with its metadata takes some MiB.
KEPT = 256
_SPACE = ("whitespace", "leading_lines", "lines_after", "trailing_whitespace", "header", "footer")


class Analysis:
    """The tree of a text. Nothing in it changes, so rules share it."""

    def __init__(self, text: str) -> None:
        self._wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        self.module = self._wrapper.module

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """Every node but white space and comments, in the order of the tree -> the one around it.

        Walked by hand: libcst's own ParentNodeProvider takes twenty times as long.
        """
        found: dict[cst.CSTNode, cst.CSTNode] = {}
        waiting = [self.module]
        while waiting:
            node: cst.CSTNode = waiting.pop()
            children = list(_children(node))
            found.update((child, node) for child in children)
            waiting.extend(reversed(children))  # type: ignore[arg-type]
        return found

    @cached_property
    def positions(self) -> Mapping[cst.CSTNode, CodeSpan]:
        return self._wrapper.resolve(ByteSpanPositionProvider)

    @cached_property
    def scopes(self) -> Mapping[cst.CSTNode, Scope | None]:
        return self._wrapper.resolve(ScopeProvider)


@lru_cache(maxsize=KEPT)
def analysed(text: str) -> Analysis:
    """Raises libcst.ParserSyntaxError when the text is no Python of this version."""
    return Analysis(text)


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (item for item in value if isinstance(item, cst.CSTNode))


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = [field.name for field in dataclasses.fields(kind)]
    return tuple(name for name in names if not name.startswith(_SPACE))
