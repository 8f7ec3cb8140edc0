"""A parsed text and what its nodes mean, worked out when asked for and kept between rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import TypeVar

import libcst as cst
from libcst.metadata import (
    ByteSpanPositionProvider,
    CodeSpan,
    ImportAssignment,
    MetadataWrapper,
    Scope,
    ScopeProvider,
)

T = TypeVar("T")
# A module with its metadata takes some MiB.
KEPT = 256
_SPACE = ("whitespace", "leading_lines", "lines_after", "trailing_whitespace", "header", "footer")


def _classes(kind: type[T]) -> Iterator[type[T]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _classes(inner)


# Asked of a value's class: the classes are abstract ones, whose isinstance takes long.
NODES = frozenset(_classes(cst.CSTNode))  # type: ignore[type-abstract]


class Analysis:
    """The tree of a text. Nothing in it changes, so rules share it."""

    def __init__(self, text: str) -> None:
        self._text = text
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
    def by_type(self) -> Mapping[type[cst.CSTNode], Sequence[cst.CSTNode]]:
        """The nodes of each class, in the order of the tree."""
        found: dict[type[cst.CSTNode], list[cst.CSTNode]] = {}
        for node in self.parents:
            found.setdefault(type(node), []).append(node)
        return found

    @cached_property
    def survives(self) -> bool:
        """Whether the tree, written out, is the text again."""
        return self.module.code == self._text

    @cached_property
    def positions(self) -> Mapping[cst.CSTNode, CodeSpan]:
        return self._wrapper.resolve(ByteSpanPositionProvider)

    @cached_property
    def scopes(self) -> Mapping[cst.CSTNode, Scope | None]:
        return self._wrapper.resolve(ScopeProvider)

    @cached_property
    def imports(self) -> Mapping[cst.CSTNode, Sequence[ImportAssignment]]:
        """What each import statement assigns."""
        found: dict[cst.CSTNode, list[ImportAssignment]] = {}
        for scope in dict.fromkeys(self.scopes.values()):
            for assignment in scope.assignments if scope else ():
                if isinstance(assignment, ImportAssignment):
                    found.setdefault(assignment.node, []).append(assignment)
        return found


@lru_cache(maxsize=KEPT)
def analysed(text: str) -> Analysis:
    """Raises libcst.ParserSyntaxError when the text is no Python of this version."""
    return Analysis(text)


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for name in _fields(type(node)):
        value = getattr(node, name)
        if value.__class__ in NODES:
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (item for item in value if item.__class__ in NODES)


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = [field.name for field in dataclasses.fields(kind)]
    return tuple(name for name in names if not name.startswith(_SPACE))
