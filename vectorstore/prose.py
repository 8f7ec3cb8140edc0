"""Documents from prose: Markdown by heading, text by paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vectorstore.base import Document

ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
NO_TITLE = re.compile(r"[ \t]*([-*+>|]|\d+[.)]|`{3}|~{3})")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
MAX_PARAGRAPH = 64 << 10  # a file without blank lines is cut here, so that memory is bounded
FRONT_MATTER_LINES = 200
Line = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: int
    text: str
    headings: tuple[str, ...] = ()


def text_documents(
    lines: Iterator[Line], label: str, *, max_characters: int = 1000
) -> Iterator[Document]:
    """One document per paragraph; a paragraph above `max_characters` is cut at sentence ends."""
    return _documents(_paragraphs(lines), label, max_characters)


def markdown_documents(
    lines: Iterator[Line], label: str, *, max_characters: int = 1000
) -> Iterator[Document]:
    """One document per section, with the headings above it as first line and in its metadata.

    A section above `max_characters` gives several. A heading with nothing below it gives none, and
    YAML front matter is left out.
    """
    sections = _Sections()
    paragraphs = sections.read(_after_front_matter(lines))
    return _documents(_joined(paragraphs, max_characters), label, max_characters)


def _documents(
    paragraphs: Iterable[Paragraph], label: str, max_characters: int
) -> Iterator[Document]:
    for paragraph in paragraphs:
        title = " > ".join(paragraph.headings)
        metadata = {"source": label, **({"heading": title} if title else {})}
        for number, piece in enumerate(split(paragraph.text, max_characters), 1):
            name = f"{label}:{paragraph.line}" + (f"/{number}" if number > 1 else "")
            yield Document(name, f"{title}\n{piece}" if title else piece, dict(metadata))


def split(text: str, max_characters: int) -> Iterator[str]:
    """Pieces of at most `max_characters`, cut at sentence ends, else between words, else anywhere."""
    while len(text) > max_characters:
        ends = [match.start() for match in SENTENCE_END.finditer(text, 0, max_characters + 1)]
        cut = ends[-1] if ends else text.rfind(" ", 1, max_characters + 1)
        cut = cut if cut > 0 else max_characters
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    if text:
        yield text


def _paragraphs(lines: Iterable[Line]) -> Iterator[Paragraph]:
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


def _paragraph(line: int, collected: list[str]) -> Iterator[Paragraph]:
    if collected:
        yield Paragraph(line, "\n".join(collected).strip())


def _joined(paragraphs: Iterable[Paragraph], max_characters: int) -> Iterator[Paragraph]:
    """Neighbours under the same headings together, as long as they fit."""
    current: Paragraph | None = None
    for paragraph in paragraphs:
        if current and current.headings is paragraph.headings:
            text = f"{current.text}\n\n{paragraph.text}"
            if len(text) <= max_characters:
                current = Paragraph(current.line, text, current.headings)
                continue
        if current:
            yield current
        current = paragraph
    if current:
        yield current


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

    def read(self, lines: Iterable[Line]) -> Iterator[Paragraph]:
        for number, line in lines:
            yield from self._line(number, line.rstrip())
        yield from self._flush()

    def _line(self, number: int, line: str) -> Iterator[Paragraph]:
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

    def _flush(self) -> Iterator[Paragraph]:
        text = "\n".join(self._collected).strip("\n")
        self._collected, self._size = [], 0
        if text.strip():
            yield Paragraph(self._first, text, self._headings)
