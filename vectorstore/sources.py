"""Documents from files: questions and answers (JSONL, CSV), Markdown, text, PDF, HTML, one by one.

Errors name the file and the line. Nothing is held in memory but the document being read.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vectorstore.base import Document, StoreError
from vectorstore.chunking import Chunker
from vectorstore.commandline import Exit
from vectorstore.pdf import pdf_sections
from vectorstore.prose import markdown_documents, text_documents
from vectorstore.records import Columns, csv_documents, json_documents
from vectorstore.sections import documents
from vectorstore.webpage import html_sections

MAX_LINE = 16 << 20
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
Line = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """How sources are read: records by `columns`, prose cut by `chunker`.

    `encoding` is that of files that do not say it themselves; `note` is told what a reader of the
    result should know, such as pages without text.
    """

    columns: Columns = Columns()
    encoding: str = "utf-8"
    chunker: Chunker = Chunker()
    note: Callable[[str], None] = lambda message: None


def read_documents(sources: Sequence[Path], reading: Reading = Reading()) -> Iterator[Document]:
    """The documents of files and of folders (searched for files of known kinds, in name order).

    Each gets `metadata["source"]`, the file's name, unless it brings its own; without an id of its
    own it is called after file and line, page or section. Raises StoreError.
    """
    for path, label in source_files(sources):
        try:
            yield from READERS[path.suffix.lower()](path, label, reading)
        except UnicodeDecodeError as error:
            raise StoreError(_undecodable(path, error)) from error
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error.strerror}.", Exit.ERROR) from error


Reader = Callable[[Path, str, Reading], Iterator[Document]]


def _json(path: Path, label: str, reading: Reading) -> Iterator[Document]:
    return json_documents(lines(path, reading.encoding), label, columns=reading.columns)


def _csv(path: Path, label: str, reading: Reading) -> Iterator[Document]:
    return csv_documents(lines(path, reading.encoding), label, columns=reading.columns)


def _markdown(path: Path, label: str, reading: Reading) -> Iterator[Document]:
    return markdown_documents(lines(path, reading.encoding), label, reading.chunker)


def _text(path: Path, label: str, reading: Reading) -> Iterator[Document]:
    return text_documents(lines(path, reading.encoding), label, reading.chunker)


def _pdf(path: Path, label: str, reading: Reading) -> Iterator[Document]:
    return documents(pdf_sections(path, reading.note), label, reading.chunker)


def _html(path: Path, label: str, reading: Reading) -> Iterator[Document]:
    return documents(html_sections(path, reading.encoding), label, reading.chunker)


READERS: dict[str, Reader] = {
    ".csv": _csv,
    ".htm": _html,
    ".html": _html,
    ".jsonl": _json,
    ".markdown": _markdown,
    ".md": _markdown,
    ".ndjson": _json,
    ".pdf": _pdf,
    ".tsv": _csv,
    ".txt": _text,
    ".xhtml": _html,
}


def source_files(sources: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each file with the name that its documents go by: relative to its folder, and distinct."""
    found: list[tuple[Path, str]] = []
    for source in sources:
        if source.is_dir():
            found += [(path, path.relative_to(source).as_posix()) for path in _inside(source)]
        else:
            _check_kind(source)
            found.append((source, source.name))
    names = Counter(name for _, name in found)
    return [(path, name if names[name] == 1 else path.as_posix()) for path, name in found]


def _inside(folder: Path) -> list[Path]:
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in READERS and path.is_file()
    ]
    visible = [
        path
        for path in paths
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not visible:
        raise StoreError(f"{folder} holds no file of a known kind ({', '.join(READERS)}).")
    return visible


def _check_kind(path: Path) -> None:
    if not path.is_file():
        raise StoreError(f"there is no file {path}.", Exit.ERROR)
    if path.suffix.lower() == ".json":
        raise StoreError(
            f"{path} is one JSON value; give one object per line:"
            f" `jq -c '.[]' {path.name} > {path.stem}.jsonl`.",
            Exit.ERROR,
        )
    if path.suffix.lower() not in READERS:
        raise StoreError(
            f"{path} is of a kind that is not read here; choose one of {', '.join(READERS)}.",
            Exit.ERROR,
        )


def lines(path: Path, encoding: str = "utf-8") -> Iterator[Line]:
    """Number and text of each line, line end included. A byte order mark decides the encoding."""
    with path.open("rb") as file:
        start = file.read(3)
    encoding = next((name for bom, name in BOMS.items() if start.startswith(bom)), encoding)
    with path.open(encoding=encoding, newline="") as text:
        number = 0
        while line := text.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE:
                raise StoreError(f"{path} line {number} is longer than {MAX_LINE >> 20} MiB.")
            yield number, line


def _undecodable(path: Path, error: UnicodeDecodeError) -> str:
    place = f"{path} is not {error.encoding}"
    if error.encoding == "utf-8":
        with path.open("rb") as file:
            place += next(
                (f" (line {number})" for number, line in enumerate(file, 1) if not _is_utf8(line)),
                "",
            )
    return f"{place}. Save it as UTF-8, or say what it is: --encoding cp1252."


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
