"""The encoding of an HTML page, found as browsers do."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from vectorstore.base import StoreError

# The first of these decides, as in browsers; the standard reads 1,024 bytes for a declaration.
BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
DECLARED = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
XML_DECLARED = re.compile(rb"^<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)")
DECLARATION_BYTES = 1024
# https://encoding.spec.whatwg.org/#names-and-labels: what pages call Latin-1 or ASCII is this.
WINDOWS = {"iso8859-1", "ascii", "latin-1", "iso-8859-1", "us-ascii", "latin1"}


def decode(path: Path, data: bytes, encoding: str) -> str:
    """The text of a page, by its byte order mark, its own declaration, or else `encoding`.

    Raises StoreError, naming `path`, for bytes that do not fit and for what is no text.
    """
    name = _encoding(data, encoding)
    try:
        text = data.decode(name)
    except LookupError as error:
        raise StoreError(
            f"{path} says that its encoding is {name!r}, which is not known here. Save it as UTF-8."
        ) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise StoreError(
            f"{path} is not {name} (line {line}). Save it as UTF-8, or say what it is: --encoding"
            " cp1252."
        ) from error
    if "\0" in text:
        raise StoreError(f"{path} is no HTML: it holds NUL characters. Leave it out.")
    return text.removeprefix("\ufeff")


def _encoding(data: bytes, default: str) -> str:
    for bom, name in BOMS.items():
        if data.startswith(bom):
            return name
    head = data[:DECLARATION_BYTES]
    declared = DECLARED.search(head) or XML_DECLARED.search(head)
    if declared is None:
        return default
    name = declared[1].decode("ascii", "replace").lower()
    # A declaration that could be read byte by byte cannot be UTF-16.
    return "utf-8" if name.startswith("utf-16") else "cp1252" if name in WINDOWS else name
