"""Replacements of spans in a text, applied together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """Offsets of a stretch of text, end not included. In the UTF-8 bytes of the file's text."""

    start: int
    end: int


@dataclass
class Edits:
    """Collected replacements; a span lies nowhere inside another one."""

    _made: dict[Span, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._made)

    def replace(self, span: Span, text: str) -> None:
        """Put `text` in the place of `span`. The same replacement twice is one."""
        if self._made.get(span, text) != text:
            raise ValueError(f"two different replacements of {span}")
        for other in self._made:
            if span != other and span.start < other.end and other.start < span.end:
                raise ValueError(f"{span} overlaps {other}")
        self._made[span] = text

    def insert(self, position: int, text: str) -> None:
        """Put `text` before what stands at `position`; after what was inserted there already."""
        here = Span(position, position)
        self._made[here] = self._made.get(here, "") + text

    def delete(self, span: Span) -> None:
        self.replace(span, "")

    def apply(self, data: bytes) -> bytes:
        parts, position = [], 0
        for span, text in sorted(self._made.items()):
            parts += [data[position : span.start], text.encode()]
            position = span.end
        return b"".join([*parts, data[position:]])
