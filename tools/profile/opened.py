"""Which files are opened below some folders, as the kernel tells it: inotify(7).

Nothing is put into the app, and nothing is looked at in between: the kernel wakes us. It does not
say which process opened a file, so another one that reads the same files at the same time counts.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

_IN_OPEN, _IN_IS_DIR, _IN_OVERFLOW = 0x20, 0x40000000, 0x4000
_HEAD = struct.Struct("iIII")
_MOST_FOLDERS = 4000
_NOT_WATCHED = {".git", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", "node_modules"}


def folders_below(roots: Iterable[Path]) -> Iterator[Path]:
    """The folders and all below them, without environments, repositories' insides and links."""
    for root in roots:
        for folder, names, files in os.walk(root):
            if "pyvenv.cfg" in files:
                names.clear()
                continue
            names[:] = [name for name in names if name not in _NOT_WATCHED]
            yield Path(folder)


class OpenedFiles:
    """Calls `seen(file)` in a thread of its own for each file opened below `roots`.

    `missed` says in a sentence what it cannot see; None when nothing.
    """

    def __init__(self, roots: Iterable[Path], seen: Callable[[Path], object]) -> None:
        self._seen = seen
        self._folders: dict[int, Path] = {}
        self.missed: str | None = None
        self._inotify = self._begin(roots)
        self._stop_reader, self._stop_writer = os.pipe()
        self._thread = threading.Thread(target=self._run, name="fit512-opened", daemon=True)

    def _begin(self, roots: Iterable[Path]) -> int | None:
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "inotify_init1"):
            self.missed = "this system does not tell which files are opened (no inotify)"
            return None
        descriptor = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        if descriptor < 0:
            self.missed = f"inotify: {os.strerror(ctypes.get_errno())}"
            return None
        for folder in folders_below(roots):
            watch = int(libc.inotify_add_watch(descriptor, os.fsencode(folder), _IN_OPEN))
            if watch < 0 or len(self._folders) >= _MOST_FOLDERS:
                self.missed = f"not all folders could be watched for opened files ({folder})"
                break
            self._folders[watch] = folder
        return descriptor

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._stop_writer)
        self._thread.join()
        os.close(self._stop_reader)
        if self._inotify is not None:
            os.close(self._inotify)

    def _run(self) -> None:
        watched = [self._stop_reader, *([] if self._inotify is None else [self._inotify])]
        while True:
            ready, _, _ = select.select(watched, [], [])
            if self._inotify in ready and self._inotify is not None:
                for file in self._files(os.read(self._inotify, 1 << 16)):
                    self._seen(file)
            if self._stop_reader in ready:
                return

    def _files(self, events: bytes) -> Iterator[Path]:
        offset = 0
        while offset < len(events):
            watch, mask, _, length = _HEAD.unpack_from(events, offset)
            offset += _HEAD.size
            name = events[offset : offset + length].rstrip(b"\0")
            offset += length
            if mask & _IN_OVERFLOW:
                self.missed = "more files were opened than the kernel could tell"
            elif name and not mask & _IN_IS_DIR and watch in self._folders:
                yield self._folders[watch] / os.fsdecode(name)
