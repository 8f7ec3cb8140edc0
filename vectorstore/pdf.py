"""Sections from PDF files, page by page, read by pypdf (extra `documents`)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vectorstore.base import StoreError
from vectorstore.extra import missing_extra
from vectorstore.sections import Section

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

# A word broken at a line end; a real hyphen there ("well-\nknown") is lost with it.
BROKEN_WORD = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_A-Z])")
EMPTY_LINES = re.compile(r"\n\s*\n")
NAMED_PAGES = 5


def pdf_sections(path: Path, note: Callable[[str], None]) -> Iterator[Section]:
    """One section per page, with its number, the document's title and the bookmark it stands under.

    `note` is told of pages without text. Raises StoreError for a file that needs a password, is
    damaged, or holds no text at all (scanned pages).
    """
    with path.open("rb") as file, _quiet():
        reader = _open(path, file)
        title = _title(reader)
        bookmarks = _bookmarks(reader)
        empty: list[int] = []
        pages = _count(path, reader)
        for number in range(1, pages + 1):
            text = _text(path, number, reader)
            if not text:
                empty.append(number)
                continue
            metadata = {**({"title": title} if title else {}), "page": number}
            headings = _above(bookmarks, number)
            yield Section(text, place=f"p{number}", headings=headings, metadata=metadata)
    _tell_of_empty(path, pages, empty, note)


def _open(path: Path, file: Any) -> PdfReader:
    try:
        import pypdf
    except ImportError as error:
        raise missing_extra(path, "PDF files") from error
    try:
        reader = pypdf.PdfReader(file)
        locked = reader.is_encrypted and not reader.decrypt("")
    except pypdf.errors.DependencyError as error:
        raise missing_extra(path, "encrypted PDF files") from error
    except Exception as error:  # a broken file makes pypdf raise whatever it stumbles on
        raise _damaged(path, error) from error
    if locked:
        raise StoreError(
            f"{path} is encrypted and asks for a password. Save it without one (`qpdf --decrypt"
            f" --password=… {path.name} open.pdf`) and build from that."
        )
    return reader


def _count(path: Path, reader: PdfReader) -> int:
    try:
        return len(reader.pages)
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception, where: str = "") -> StoreError:
    reason = " ".join(str(error).split())[:100] or type(error).__name__
    return StoreError(
        f"{path}{where} cannot be read: it is no PDF, or a damaged one ({reason}). Open it in a"
        " viewer and print it to a new PDF, or leave it out."
    )


def _text(path: Path, number: int, reader: PdfReader) -> str:
    try:
        page: PageObject = reader.pages[number - 1]
        text = page.extract_text()
    except Exception as error:
        raise _damaged(path, error, f" page {number}") from error
    # Broken fonts give half surrogate pairs and NULs, which no store can hold.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
    lines = "\n".join(line.strip() for line in text.splitlines())
    return BROKEN_WORD.sub("", EMPTY_LINES.sub("\n\n", lines)).strip()


def _tell_of_empty(path: Path, pages: int, empty: list[int], note: Callable[[str], None]) -> None:
    if len(empty) == pages:
        raise StoreError(
            f"{path} holds no text on its {pages} pages: scanned, most likely. Recognise the text"
            f" first (`ocrmypdf {path.name} with-text.pdf`) and build from that, or leave it out."
        )
    if empty:
        named = ", ".join(map(str, empty[:NAMED_PAGES]))
        rest = f" and {len(empty) - NAMED_PAGES} more" if len(empty) > NAMED_PAGES else ""
        note(f"{path}: {len(empty)} of {pages} pages hold no text (pictures?): {named}{rest}")


def _title(reader: PdfReader) -> str:
    try:
        title = reader.metadata.title if reader.metadata else None
    except Exception:  # a title that cannot be read is none
        return ""
    return " ".join(title.split()) if isinstance(title, str) else ""


Bookmark = tuple[int, tuple[str, ...]]


def _bookmarks(reader: PdfReader) -> list[Bookmark]:
    """Page number and path of titles of each bookmark, in order of pages."""
    try:
        return sorted(_flat(reader, reader.outline, ()), key=lambda bookmark: bookmark[0])
    except Exception:  # bookmarks are a help, no text: broken ones are left out
        return []


def _flat(reader: PdfReader, outline: Any, above: tuple[str, ...]) -> Iterator[Bookmark]:
    last = above
    for item in outline:
        if isinstance(item, list):
            yield from _flat(reader, item, last)
            continue
        page = reader.get_destination_page_number(item)
        last = (*above, " ".join(str(item.title).split()))
        if page is not None:
            yield page + 1, last


def _above(bookmarks: list[Bookmark], number: int) -> tuple[str, ...]:
    """The first bookmark of this page, else the last one before it."""
    here = [path for page, path in bookmarks if page == number]
    before = [path for page, path in bookmarks if page < number]
    return here[0] if here else before[-1] if before else ()


@contextmanager
def _quiet() -> Iterator[None]:
    """pypdf logs each small flaw that it repairs; one that it cannot repair it raises."""
    logger = logging.getLogger("pypdf")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
