"""A file in which each line stands for itself: .dockerignore, .slugignore."""

from __future__ import annotations


def parse(text: str) -> dict[str, bool]:
    return {line: True for line in text.splitlines() if line.strip()}


def dump(document: dict[str, bool], original: str) -> str:
    kept = [line for line in original.splitlines() if not line.strip() or line in document]
    added = [line for line in document if line not in kept]
    return "\n".join([*kept, *added]) + "\n"
