"""Files that a program writes: what is edited in them is lost with the next run of it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

NAME = re.compile(r".*_pb2(_grpc)?\.py")
HEAD = 2048  # bytes in which such a file says what it is
SAYS = re.compile(
    rb"@generated\b|(auto-?generated|generated (by|from|automatically))[^\n]*\n?[^\n]*do not (edit|modify)"
    rb"|do not (edit|modify)[^\n]*\n?[^\n]*generated",
    re.I,
)


def is_generated(path: PurePosixPath, data: bytes) -> bool:
    """Whether the file's name or its first lines say so. A notebook exported as a script is none."""
    return NAME.fullmatch(path.name) is not None or SAYS.search(data[:HEAD]) is not None
