"""Taking files out of the page cache, so that a limited run starts as on a host after a deploy.

A cgroup is charged only for pages that were not in the cache yet: warm files make a limit look
roomier than it is.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.limits.units import MIB

_PAGE = mmap.PAGESIZE
_MANY = 50  # files to flush one by one; a fresh environment has 20,000


@dataclass(frozen=True, slots=True)
class Evicted:
    """What `evict` did. `kept_mib` stayed in the cache: another process has it mapped.

    Both are None where the system has no way to evict or to count (macOS, Windows).
    """

    files: int
    evicted_mib: float | None
    kept_mib: float | None


def evict(paths: Iterable[Path]) -> Evicted:
    """Drop the files, and all files below the folders, from the page cache.

    Changed pages stay until they are on the disk, so they are written first. Paths that are missing,
    unreadable or not on a disk are passed over; links are not followed out of a folder.
    """
    if not hasattr(os, "posix_fadvise"):
        return Evicted(0, None, None)
    counts = {file: counted for file in _files(paths) if (counted := _drop(file, flush=False))}
    stubborn = [file for file, (_, after) in counts.items() if after]
    if len(stubborn) > _MANY:
        os.sync()
    kept = [_drop(file, flush=len(stubborn) <= _MANY) for file in stubborn]
    before = sum(before for before, _ in counts.values())
    after = sum(counted[1] for counted in kept if counted)
    return Evicted(len(counts), (before - after) * _PAGE / MIB, after * _PAGE / MIB)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        for folder, _, names in os.walk(path):
            yield from (Path(folder, name) for name in names)


def _drop(file: Path, flush: bool) -> tuple[int, int] | None:
    """Pages in the cache before and after; None for what cannot be opened or is no plain file."""
    if not file.is_file():  # opening a pipe would wait for its other end
        return None
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError:
        return None
    try:
        before = resident_pages(descriptor)
        if before and flush:
            os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        return before, resident_pages(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def resident_pages(descriptor: int) -> int:
    """Pages of an open file that are in the page cache (mincore(2)).

    Linux tells all pages as present for a file that the user could not write anyway.
    """
    size = os.fstat(descriptor).st_size
    if not size:
        return 0
    libc = _libc()
    address = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "mmap failed")
    try:
        vector = (ctypes.c_ubyte * (-(-size // _PAGE)))()
        if libc.mincore(address, size, vector):
            raise OSError(ctypes.get_errno(), "mincore failed")
        return bytes(vector).count(1)
    finally:
        libc.munmap(address, size)


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    libc.mmap.restype = pointer
    libc.mmap.argtypes = [
        pointer,
        size,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_longlong,
    ]
    libc.mincore.argtypes = [pointer, size, ctypes.c_void_p]
    libc.munmap.argtypes = [pointer, size]
    return libc
