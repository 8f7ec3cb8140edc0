"""A file that is ours as a whole."""

from __future__ import annotations

WHOLE = "the file"


def parse(text: str) -> dict[str, str]:
    return {WHOLE: text}


def dump(document: dict[str, str], original: str) -> str:
    return document[WHOLE]
