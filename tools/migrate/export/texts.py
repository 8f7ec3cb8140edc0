"""The texts two forms of a model are compared on.

The documents are paragraphs of the standard library's docstrings: a corpus that is at hand
everywhere and hard, since many paragraphs differ in a word or two. They are read from the source
files (nothing is imported), so a figure names the Python version it was measured with.
"""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vectorstore.commandline import CommandError

MODULES = (
    *("argparse", "ast", "asyncio/base_events", "asyncio/streams", "bisect", "calendar"),
    *("collections/__init__", "concurrent/futures/_base", "configparser", "contextlib", "copy"),
    *("csv", "ctypes/util", "datetime", "difflib", "doctest", "email/message", "fileinput"),
    *("fractions", "functools", "gettext", "gzip", "heapq", "http/client", "http/cookiejar"),
    *("imaplib", "inspect", "ipaddress", "locale", "logging/__init__", "logging/handlers"),
    *("mailbox", "mimetypes", "multiprocessing/managers", "multiprocessing/pool", "numbers"),
    *("optparse", "os", "pathlib", "pathlib/__init__", "pdb", "pickletools", "pkgutil"),
    *("platform", "poplib", "pprint", "queue", "random", "sched", "selectors", "shutil"),
    *("smtplib", "socket", "socketserver", "statistics", "string", "subprocess", "tarfile"),
    *("tempfile", "textwrap", "threading", "tokenize", "traceback", "turtle", "typing"),
    *("unittest/case", "unittest/mock", "urllib/parse", "urllib/request", "uuid", "warnings"),
    *("weakref", "xml/dom/minidom", "xml/etree/ElementTree", "zipfile"),
)
MIN_CHARACTERS = 40
# What people also type: no corpus has them, and every recipe is at its worst with them.
SHORT = ("", "yes", "?", "Größe", "日本語のテキスト", "where is my parcel 📦?", "refund")


@dataclass(frozen=True)
class Texts:
    """Documents, the questions asked of them, and further texts of which only the vectors count."""

    documents: tuple[str, ...]
    questions: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many different texts there are."""
        return len({*self.documents, *self.questions, *self.others})


def builtin_texts(documents: int, questions: int) -> Texts:
    """So many paragraphs and so many questions about others, evenly spread over the modules."""
    paragraphs = [p for p in dict.fromkeys(_paragraphs()) if len(p) >= MIN_CHARACTERS]
    asked = [p for p in dict.fromkeys(_summaries()) if len(p) >= MIN_CHARACTERS // 2]
    if len(paragraphs) < documents or len(asked) < questions:
        raise CommandError(
            "this Python has no source files of its standard library, whose docstrings the export is"
            " compared on: give texts of your own with --texts FILE, one a line."
        )
    long = " ".join(paragraphs[:12])
    return Texts(
        documents=tuple(_spread(paragraphs, documents)),
        questions=tuple(
            f"How do I {text[0].lower()}{text[1:]}?" for text in _spread(asked, questions)
        ),
        others=(*SHORT, long),
    )


def texts_from(path: Path) -> Texts:
    """The user's own texts, one a line: each is a document, and each is asked for, too."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({error}): give a UTF-8 file.") from error
    texts = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if len(texts) < 20:
        raise CommandError(
            f"{path} holds {len(texts)} different texts, one a line, and 20 are the least that a"
            " comparison says anything with."
        )
    return Texts(documents=texts, questions=texts)


def _spread(texts: list[str], count: int) -> list[str]:
    return [texts[index * len(texts) // count] for index in range(count)]


def _paragraphs() -> Iterator[str]:
    for docstring in _docstrings():
        for paragraph in docstring.split("\n\n"):
            yield " ".join(paragraph.split())


def _summaries() -> Iterator[str]:
    for docstring in _docstrings():
        yield " ".join(docstring.split("\n\n")[0].split()).rstrip(".")


def _docstrings() -> Iterator[str]:
    library = Path(sysconfig.get_path("stdlib"))
    for module in MODULES:
        path = library / f"{module}.py"
        if path.is_file():
            yield from _docstrings_of(path)


def _docstrings_of(path: Path) -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, documented) and (docstring := ast.get_docstring(node)):
            yield docstring
