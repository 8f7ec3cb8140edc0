"""The files of an opened store, looked at before they are read: nothing may have changed them in place.

A page of a mapped file that was cut off ends the process (SIGBUS), and other content would be searched
as if it were what was opened. A file that is replaced or deleted is no trouble: what was opened stays.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from vectorstore.base import FilesChanged, StoreError
from vectorstore.commandline import Exit

Known = tuple[int, int]


class HeldFiles:
    """Open descriptors of the files, and what they were like. `check` takes some microseconds."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files: list[tuple[Path, int, Known]] = []
        try:
            for path in paths:
                descriptor = os.open(path, os.O_RDONLY)
                self._files.append((path, descriptor, _known(descriptor)))
        except OSError as error:
            self.close()
            raise StoreError(f"cannot read {path}: {error.strerror}.", Exit.ERROR) from error

    def check(self) -> None:
        """Raises FilesChanged, naming the file, when one is not as it was opened."""
        for path, descriptor, known in self._files:
            if _known(descriptor) != known:
                raise FilesChanged(
                    f"{path} was changed in place while it was open, so it is not read any more."
                    " `vectorstore build --force` replaces files instead; start again with a whole"
                    " store."
                )

    def close(self) -> None:
        while self._files:
            os.close(self._files.pop()[1])


def _known(descriptor: int) -> Known:
    """Bytes, and when they were written last, in ns."""
    found = os.fstat(descriptor)
    return found.st_size, found.st_mtime_ns
