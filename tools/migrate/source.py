"""Text files as they are found: decoded for editing, encoded back byte for byte."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from dataclasses import dataclass

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NEWLINE = re.compile(r"\r\n|\n|\r")


class SourceError(Exception):
    """A file that is not text, or not in the encoding it declares. The message says which."""


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file without its byte order mark; line endings are untouched in it."""

    text: str
    encoding: str
    bom: bytes = b""

    @property
    def newline(self) -> str:
        """The line ending that most lines have; "\\n" for a text of one line."""
        found = NEWLINE.findall(self.text)
        return max(("\n", "\r\n", "\r"), key=found.count) if found else "\n"

    def newline_at(self, position: int) -> str:
        """The ending of the line that holds `position` (a mixed file keeps its mix), else `newline`."""
        match = NEWLINE.search(self.text, position)
        return match.group() if match else self.newline

    def encode(self, text: str) -> bytes:
        """`text` as the bytes of this file: same encoding, same byte order mark.

        Raises SourceError for a character that the encoding does not have.
        """
        try:
            return self.bom + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise SourceError(f"{self.encoding} has no {error.object[error.start]!r}") from None


def decode(data: bytes) -> Text:
    """Decode a text file: UTF-8 or UTF-16, with a byte order mark or without; else Latin-1.

    Raises SourceError for binary data. Encoding the unchanged text gives the same bytes back.
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise SourceError("UTF-32 is not supported")
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return _decode(data, encoding, bom)
    if b"\0" in data:
        return _decode(data, _utf16_without_bom(data))
    try:
        return _decode(data, "utf-8")
    except SourceError:
        return _decode(data, "latin-1")


def decode_python(data: bytes) -> Text:
    """Decode Python source as the interpreter does: coding line, UTF-8 otherwise.

    Raises SourceError where the interpreter would refuse the file too.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise SourceError(str(error)) from None
    bom = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    return _decode(data, "utf-8" if bom else encoding, bom)


def _decode(data: bytes, encoding: str, bom: bytes = b"") -> Text:
    try:
        text = data[len(bom) :].decode(encoding)
        same = bom + text.encode(encoding) == data
    except UnicodeError as error:
        raise SourceError(f"not {encoding}: {error}") from None
    if not same:
        raise SourceError(f"{encoding} does not give the same bytes back")
    return Text(text, encoding, bom)


def _utf16_without_bom(data: bytes) -> str:
    """The byte order of UTF-16 text without a mark: in Latin text every other byte is zero."""
    zeros = data[0::2].count(0), data[1::2].count(0)
    half = len(data) // 4
    if len(data) % 2 == 0 and max(zeros) > half and min(zeros) == 0:
        return "utf-16-be" if zeros[0] else "utf-16-le"
    raise SourceError("binary, not text")
