"""Documents from records: JSON objects, one per line, and CSV rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from vectorstore.base import Document, StoreError

DELIMITERS = (",", ";", "\t", "|")
MAX_FIELD = 16 << 20


@dataclass(frozen=True, slots=True)
class Columns:
    """What the fields are called; upper and lower case are the same.

    A record has a question and an answer, or a text (`content` and `page_content` are found too).
    The document's text is question and answer on lines of their own; both stand in its metadata.
    """

    question: str = "question"
    answer: str = "answer"
    text: str = "text"

    def texts(self) -> tuple[str, ...]:
        return (self.text.lower(), "content", "page_content")

    def pair(self) -> tuple[str, str]:
        return (self.question.lower(), self.answer.lower())

    def fit(self, names: list[str]) -> bool:
        return all(name in names for name in self.pair()) or any(
            name in names for name in self.texts()
        )


class _FieldError(Exception):
    pass


def json_documents(
    lines: Iterator[tuple[int, str]], label: str, *, columns: Columns = Columns()
) -> Iterator[Document]:
    """One document per JSON object; `metadata` may be an object, other fields become metadata."""
    for number, line in lines:
        if line.strip():
            try:
                yield _document(_object(line.rstrip()), f"{label}:{number}", label, columns)
            except (_FieldError, RecursionError, ValueError) as error:
                raise StoreError(f"{label} line {number}: {_reason(error)}") from error


def _object(line: str) -> dict[str, Any]:
    value = json.loads(line, parse_constant=_refuse_constant)
    if not isinstance(value, dict):
        raise _FieldError(f"expected one JSON object per line, found a {type(value).__name__}.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise _FieldError(f"{name} is not JSON; write null or leave the field out.")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON ({error.msg}, column {error.colno}). Each line holds one JSON object."
    return "nested too deeply." if isinstance(error, RecursionError) else str(error)


def csv_documents(
    lines: Iterator[tuple[int, str]], label: str, *, columns: Columns = Columns()
) -> Iterator[Document]:
    """One document per row. The first row names the columns and shows the delimiter: , ; tab or |."""
    csv.field_size_limit(MAX_FIELD)
    first, header = next(((at, line) for at, line in lines if line.strip()), (0, ""))
    if not header:
        return
    delimiter, names = _header(header, label, columns)
    rows = csv.reader((line for _, line in lines), delimiter=delimiter, strict=True)
    start = first + 1
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _row(names, row, f"{label}:{start}", label, columns)
            start = first + rows.line_num + 1
    except (_FieldError, csv.Error) as error:
        raise StoreError(f"{label} line {start}: {error}") from error


def _header(line: str, label: str, columns: Columns) -> tuple[str, list[str]]:
    candidates = {
        delimiter: [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter))]
        for delimiter in DELIMITERS
    }
    for delimiter, names in candidates.items():
        if columns.fit(names) and len(set(names)) == len(names):
            return delimiter, names
    names = max(candidates.values(), key=len)
    raise StoreError(
        f"{label} line 1: the columns are {', '.join(names)}; needed are {columns.question} and"
        f" {columns.answer}, or {columns.text}, each once. Rename them, or say which they are:"
        " --question NAME --answer NAME, or --text NAME."
    )


def _row(names: list[str], row: list[str], name: str, label: str, columns: Columns) -> Document:
    if len(row) > len(names):
        raise _FieldError(
            f"{len(row)} fields, the header has {len(names)}. Put a field that holds the delimiter"
            " into double quotes."
        )
    fields = {key: cell for key, cell in zip(names, row, strict=False) if cell.strip() and key}
    return _document(fields, name, label, columns)


def _document(fields: dict[str, Any], name: str, label: str, columns: Columns) -> Document:
    rest = {key.strip().lower(): (key, value) for key, value in fields.items()}
    if len(rest) < len(fields):
        raise _FieldError("two fields have the same name but for upper and lower case.")
    own = rest.pop("metadata", ("", None))[1]
    identity = rest.pop("id", ("", None))[1]
    if not isinstance(own, dict):
        own = {} if own is None else {"metadata": own}
    text, pair = _text(rest, columns)
    return Document(
        id=_identity(identity, name),
        text=text,
        metadata={"source": label, **own, **dict(rest.values()), **pair},
    )


def _text(rest: dict[str, tuple[str, Any]], columns: Columns) -> tuple[str, dict[str, str]]:
    """Takes the document's text out of `rest`; for question and answer also the pair."""
    given = [name in rest for name in columns.pair()]
    if all(given) or (any(given) and not any(name in rest for name in columns.texts())):
        question, answer = (_take(rest, name) for name in columns.pair())
        return f"{question}\n{answer}", {"question": question, "answer": answer}
    for name in columns.texts():
        if name in rest:
            return _take(rest, name), {}
    found = ", ".join(key for key, _ in rest.values()) or "nothing"
    raise _FieldError(
        f"needs {columns.question} and {columns.answer}, or {columns.text}; found {found[:200]}."
    )


def _take(rest: dict[str, tuple[str, Any]], name: str) -> str:
    value = rest.pop(name, (name, None))[1]
    if not isinstance(value, str) or not value.strip():
        empty = value is None or isinstance(value, str)
        raise _FieldError(f"{name} is {'missing or empty' if empty else 'not text'}.")
    return value.strip()


def _identity(value: Any, name: str) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        return name
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _FieldError(f"id is a {type(value).__name__}, not text.")
    return str(value).strip()
