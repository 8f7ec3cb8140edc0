"""Reads `.env` files, also those that a Windows shell saved as UTF-16 or with a byte order mark."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import parse_stream

from vectorstore.commandline import CommandError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One `NAME=value` of an env file, with the line it starts at (from 1)."""

    name: str
    value: str
    line: int


def decode(data: bytes, path: Path) -> str:
    """The text of an env file: UTF-8 or UTF-16, with or without a byte order mark.

    PowerShell's `>` writes UTF-16LE with a mark, Notepad UTF-8 with one. Raises CommandError for
    anything else.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], encoding, path)
    # Without a mark: half of the bytes of ASCII text in UTF-16 are NUL, and none in UTF-8.
    if data[1:2] == b"\0":
        return _decode(data, "utf-16-le", path)
    if data[:1] == b"\0":
        return _decode(data, "utf-16-be", path)
    return _decode(data, "utf-8", path)


def _decode(data: bytes, encoding: str, path: Path) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise CommandError(
            f"{path} is not valid {encoding.upper()} (byte {error.start}). Save it as UTF-8."
        ) from error
    if "\0" in text:
        raise CommandError(f"{path} holds NUL bytes: it is no text file. Save it as UTF-8.")
    return text


def read_env_file(path: Path) -> list[Entry]:
    """The entries of `path` in their order; none when there is no such file.

    Values are taken as they stand: `${NAME}` is not replaced. Raises CommandError, with the line
    but never its text (it may be a key), for what is no `NAME=value`.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}.") from error
    return _entries(decode(data, path), path)


def _entries(content: str, path: Path) -> list[Entry]:
    entries = []
    for binding in parse_stream(io.StringIO(content)):
        # The parser counts the blank lines before a statement as part of it.
        text = binding.original.string
        line = binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
        if binding.error or (binding.key and binding.value is None):
            raise CommandError(f"{path}, line {line}: this is no NAME=value. Correct or remove it.")
        if binding.key and binding.value is not None:
            entries.append(Entry(binding.key, binding.value, line))
    return entries
