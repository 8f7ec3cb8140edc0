"""Which line of a file became which."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import lru_cache


@lru_cache(maxsize=64)
def lines_before(before: bytes, after: bytes) -> Mapping[int, int]:
    """Line of `after` -> line of `before`, both from 1; for a changed line the one it replaced."""
    old, new = before.splitlines(), after.splitlines()
    found = {}
    for _, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for line in range(j1, j2):
            found[line + 1] = min(i1 + (line - j1), max(i2 - 1, i1)) + 1
    return found
