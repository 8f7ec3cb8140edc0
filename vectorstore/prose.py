"""Documents from prose: Markdown by heading, text by paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vectorstore.base import Document
from vectorstore.chunking import Chunker
from vectorstore.sections import Section, documents

ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
NO_TITLE = re.compile(r"[ \t]*([-*+>|]|\d+[.)]|`{3}|~{3})")
MAX_PARAGRAPH = 64 << 10  # a file without blank lines is cut here, so that memory is bounded
FRONT_MATTER_LINES = 200
Line = tuple[int, str]


def text_documents(lines: Iterator[Line], label: str, chunker: Chunker) -> Iterator[Document]:
    """One document per paragraph; a paragraph that is longer than a chunk gives several."""
    return documents(_paragraphs(lines), label, chunker)


def markdown_documents(lines: Iterator[Line], label: str, chunker: Chunker) -> Iterator[Document]:
    """One document per section, with the headings above it as first line and in its metadata.

    A section that is longer than a chunk gives several. A heading with nothing below it gives none,
    and YAML front matter is left out.
    """
    return documents(_joined(_Sections().read(_after_front_matter(lines))), label, chunker)


def _paragraphs(lines: Iterable[Line]) -> Iterator[Section]:
    collected: list[str] = []
    first = size = 0
    for number, line in lines:
        if not line.strip() or size > MAX_PARAGRAPH:
            yield from _paragraph(first, collected)
            collected, size = [], 0
        if line.strip():
            first = first if collected else number
            collected.append(line.rstrip())
            size += len(line)
    yield from _paragraph(first, collected)


def _paragraph(line: int, collected: list[str]) -> Iterator[Section]:
    if collected:
        yield Section("\n".join(collected).strip(), line)


def _joined(paragraphs: Iterable[Section]) -> Iterator[Section]:
    """Neighbours under the same headings together, with as many line ends between as there were."""
    parts: list[Section] = []
    for paragraph in paragraphs:
        size = sum(len(part.text) for part in parts)
        if parts and (parts[0].headings is not paragraph.headings or size > MAX_PARAGRAPH):
            yield _join(parts)
            parts = []
        parts.append(paragraph)
    if parts:
        yield _join(parts)


def _join(parts: list[Section]) -> Section:
    text, line = "", parts[0].line or 0
    for part in parts:
        missing = (part.line or 0) - line - text.count("\n")
        text += "\n" * missing + part.text
    return Section(text, line, headings=parts[0].headings)


def _after_front_matter(lines: Iterator[Line]) -> Iterator[Line]:
    held: list[Line] = []
    for number, line in lines:
        held.append((number, line))
        if number == 1 and line.rstrip() != "---" or number > FRONT_MATTER_LINES:
            break
        if number > 1 and line.rstrip() in ("---", "..."):
            held = []
            break
    yield from held
    yield from lines


class _Sections:
    """Follows headings and code fences through the lines of a Markdown file."""

    def __init__(self) -> None:
        self._headings: tuple[str, ...] = ()
        self._levels: tuple[int, ...] = ()
        self._fence = ""
        self._collected: list[str] = []
        self._first = 0
        self._size = 0

    def read(self, lines: Iterable[Line]) -> Iterator[Section]:
        for number, line in lines:
            yield from self._line(number, line.rstrip())
        yield from self._flush()

    def _line(self, number: int, line: str) -> Iterator[Section]:
        if self._fence or FENCE.match(line):
            self._turn_fence(line)
        elif heading := ATX.match(line):
            yield from self._flush()
            self._enter(len(heading[1]), heading[2].strip())
            return
        elif self._is_underline(line):
            title = self._collected.pop().strip()
            self._enter(1 if "=" in line else 2, title)
            return
        if (line or self._fence) and self._size <= MAX_PARAGRAPH:
            self._collect(number, line)
        else:
            yield from self._flush()
            if line:
                self._collect(number, line)

    def _is_underline(self, line: str) -> bool:
        return (
            len(self._collected) == 1
            and SETEXT.match(line) is not None
            and NO_TITLE.match(self._collected[0]) is None
        )

    def _turn_fence(self, line: str) -> None:
        mark = FENCE.match(line)
        if not self._fence and mark:
            self._fence = mark[1]
        elif mark and mark[1].startswith(self._fence) and line.strip() == mark[1]:
            self._fence = ""

    def _enter(self, level: int, title: str) -> None:
        kept = sum(1 for other in self._levels if other < level)
        self._levels = (*self._levels[:kept], level)
        self._headings = (*self._headings[:kept], title)

    def _collect(self, number: int, line: str) -> None:
        if not self._collected:
            self._first = number
        self._collected.append(line)
        self._size += len(line)

    def _flush(self) -> Iterator[Section]:
        text = "\n".join(self._collected).strip("\n")
        self._collected, self._size = [], 0
        if text.strip():
            yield Section(text, self._first, headings=self._headings)
