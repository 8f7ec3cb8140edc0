from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """`old`, which stands once in `file`, becomes `new`; then `test` has to fail."""

    file: str
    old: str
    new: str
    test: str
