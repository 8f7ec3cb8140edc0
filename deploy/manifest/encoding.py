"""Bytes of a manifest as text and back: some are UTF-16, as PowerShell writes them."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text with its own line ends, and how it was written."""

    text: str
    mark: bytes
    encoding: str

    def encode(self, text: str) -> bytes:
        return self.mark + text.encode(self.encoding)


def decode(data: bytes) -> Decoded:
    """By its byte order mark, else UTF-8, else Latin-1, as pip does."""
    mark = next((mark for mark in _MARKS if data.startswith(mark)), b"")
    for encoding in (_MARKS.get(mark, "utf-8"), "latin-1"):
        try:
            return Decoded(data.removeprefix(mark).decode(encoding), mark, encoding)
        except UnicodeDecodeError:
            mark = b""
    raise AssertionError("Latin-1 decodes everything")
