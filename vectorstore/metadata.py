"""Metadata of a document as JSON text, or the reason why it cannot be."""

from __future__ import annotations

import json
import math
from typing import Any

from vectorstore.base import Document, StoreError

# Values and characters of one document. Also the bound for what a hostile pickle can unfold to.
MAX_SIZE = 16 << 20


def metadata_json(document: Document) -> str:
    """The metadata as JSON text.

    Raises StoreError, naming document, key and class, for values that JSON has no form for.
    """
    try:
        _check(document.metadata, "metadata", [MAX_SIZE])
        text = json.dumps(document.metadata, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError as error:
        raise StoreError(half_pair(document)) from error
    except (_NotJsonError, RecursionError) as error:
        reason = str(error) if isinstance(error, _NotJsonError) else "metadata is nested too deeply"
        raise StoreError(
            f"document {document.id!r}: {reason}. JSON cannot hold that; make it text, a number or"
            " a list where the documents come from, and build the store again."
        ) from error
    return text


class _NotJsonError(Exception):
    pass


def _check(value: Any, where: str, budget: list[int]) -> None:
    budget[0] -= 1 + (len(value) if isinstance(value, str) else 0)
    if budget[0] < 0:
        raise _NotJsonError(f"metadata is larger than {MAX_SIZE >> 20} MiB")
    if value is None or isinstance(value, (str, bool)):
        return
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:  # what JSON readers other than Python's take
            raise _NotJsonError(f"{where} is an int beyond 64 bits")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _NotJsonError(f"{where} is {value}")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            _check(item, f"{where}[{number}]", budget)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise _NotJsonError(f"{where} has a key of class {class_name(key)}")
            budget[0] -= len(key)
            _check(item, f"{where}[{excerpt(key)}]", budget)
    else:
        raise _NotJsonError(f"{where} is a {class_name(value)}")


def class_name(value: Any) -> str:
    """The full name of a value's class; stand-ins of the pickle reader name what they stand for."""
    name = getattr(value, "stands_for", None)
    if isinstance(name, str):
        return name
    kind = type(value)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def half_pair(document: Document) -> str:
    """The message for text that UTF-8 cannot hold."""
    return (
        f"document {document.id!r} holds half of a surrogate pair, which is no valid text (broken"
        " text from a PDF, most likely). Repair the text and build the store again."
    )


def excerpt(text: str, characters: int = 40) -> str:
    """The start of a text in quotes, on one line."""
    line = " ".join(text[: characters * 4].split())
    return repr(line if len(line) <= characters else line[: characters - 1] + "…")
