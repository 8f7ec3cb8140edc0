"""What to say where a library of an extra is not installed."""

from __future__ import annotations

from pathlib import Path

from vectorstore.base import StoreError
from vectorstore.commandline import Exit


def missing_extra(path: Path, what: str) -> StoreError:
    return StoreError(
        f"{path}: {what} need the extra documents: pip install 'fit512[documents]' (in a checkout:"
        " pip install -e '.[documents]'), then run the same command again.",
        Exit.ERROR,
    )
