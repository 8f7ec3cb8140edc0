"""Ask the kernel for all the lists of a question before faiss reads the first of them.

faiss waits for each page of a mapped index that is not in memory, one after the other. Asked for
together they come side by side, while the first lists are searched.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable, Iterable
from typing import Any

from vectorstore.base import Vectors

# In the file the ids of a list stand behind its codes, with their number between.
_BETWEEN = 64  # bytes
_ID = 8  # bytes
_Advise = Callable[[int, int, int], int]


class ListsAhead:
    """An opened inverted-file index, searched as faiss searches it; where there is no `madvise`, as is."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._advise = _madvise()
        lists = index.invlists
        count = lists.nlist if self._advise else 0
        self._ranges = [_of_list(lists, number) for number in range(count)]

    @property
    def ntotal(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: Vectors, k: int) -> tuple[Vectors, Any]:
        """Distances and labels, each of shape (1, k), for one question of shape (1, dim)."""
        distances, numbers = self._index.quantizer.search(query, self._index.nprobe)
        self.ask_for(numbers[0].tolist())
        found: tuple[Vectors, Any] = self._index.search_preassigned(query, k, numbers, distances)
        return found

    def ask_for(self, numbers: Iterable[int]) -> None:
        """Have the kernel begin to read these lists; those in memory cost a system call each."""
        if self._advise:
            for number in numbers:
                for start, length in self._ranges[number]:
                    self._advise(start, length, mmap.MADV_WILLNEED)


def _madvise() -> _Advise | None:
    """The system's madvise; None where there is none."""
    try:
        function = ctypes.CDLL(None).madvise
    except (AttributeError, OSError, TypeError):
        return None
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    advise: _Advise = function
    return advise


def _of_list(lists: Any, number: int) -> tuple[tuple[int, int], ...]:
    if not (size := lists.list_size(number)):
        return ()  # no address either
    codes, ids = int(lists.get_codes(number)), int(lists.get_ids(number))
    return _ranges(codes, size * lists.code_size, ids, size * _ID)


def _ranges(codes: int, codes_bytes: int, ids: int, ids_bytes: int) -> tuple[tuple[int, int], ...]:
    """Start and length in bytes, from a page's start on; one range where both stand together."""
    if 0 <= ids - (codes + codes_bytes) <= _BETWEEN:
        return (_from_page(codes, ids + ids_bytes),)
    return (_from_page(codes, codes + codes_bytes), _from_page(ids, ids + ids_bytes))


def _from_page(start: int, end: int) -> tuple[int, int]:
    first = start & -mmap.PAGESIZE
    return first, end - first
