"""From sections of prose, whatever file they come from, to documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vectorstore.base import Document
from vectorstore.chunking import BLANK_LINES, Chunker

TRAILING = re.compile(r"[^\S\n]+$", re.M)


@dataclass(frozen=True, slots=True)
class Section:
    """Text under one heading, on one page or in one paragraph.

    `line` is the number of its first line, where the file has lines; else `place` says where it
    stands ("p3"). `headings` are those above it, outermost first.
    """

    text: str
    line: int | None = None
    place: str = ""
    headings: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


def documents(sections: Iterable[Section], label: str, chunker: Chunker) -> Iterator[Document]:
    """The chunks of each section, the headings above it as first line and in the metadata.

    Ids are `label:LINE` or `label:PLACE`, with /2, /3 where several chunks begin there.
    """
    last, number = "", 0
    for section in sections:
        title = " > ".join(section.headings)
        head = _fitting_head(section.headings, chunker)
        metadata = {
            "source": label,
            **section.metadata,
            **({"heading": title} if title else {}),
        }
        size = max(1, chunker.size - chunker.weigh(head))
        for start, end in chunker.spans(section.text, size):
            place = _place(section, start)
            last, number = (place, number + 1) if place == last else (place, 1)
            name = f"{label}:{place}" + (f"/{number}" if number > 1 else "")
            text = _tidy(section.text[_indented(section.text, start) : end])
            yield Document(name, f"{head}\n{text}" if head else text, dict(metadata))


def _place(section: Section, start: int) -> str:
    if section.line is None:
        return section.place
    return str(section.line + section.text.count("\n", 0, start))


def _fitting_head(headings: tuple[str, ...], chunker: Chunker) -> str:
    """The heading line, at most half a chunk: outer headings give way first."""
    for first in range(len(headings)):
        head = " > ".join(headings[first:])
        if chunker.weigh(head) * 2 <= chunker.size:
            return head
    half = chunker.size // 2
    spans = list(chunker.spans(headings[-1], half)) if headings and half else []
    return headings[-1][: spans[0][1]] if spans else ""


def _indented(text: str, start: int) -> int:
    """The start of the line, where only space stands before `start`: code keeps its form."""
    line = text.rfind("\n", 0, start) + 1
    return start if text[line:start].strip() else line


def _tidy(text: str) -> str:
    return BLANK_LINES.sub("\n\n", TRAILING.sub("", text))
