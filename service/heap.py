"""Has the C library give freed memory back to the system; where it is not glibc, nothing happens."""

from __future__ import annotations

import ctypes
import gc
import sys

# mallopt(3): a number of its own in <malloc.h>.
M_MMAP_THRESHOLD = -3
# glibc raises its threshold with each large block that is freed, and then keeps such blocks: of two
# questions of 256 tokens at a time 59 MiB stayed, and their peak was 90 MiB above the rest. With a
# threshold that stays where it is, 2 and 16. What a short question needs lies below it.
LARGE_BLOCK_BYTES = 256 * 1024


def keep_no_large_blocks() -> None:
    """From now on large blocks are the system's again as soon as they are freed."""
    if sys.platform == "linux" and (mallopt := _of_libc("mallopt")):
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)


def give_back() -> None:
    """Free what is free: garbage, then the pages that the C library holds for later."""
    gc.collect()
    if sys.platform == "linux" and (trim := _of_libc("malloc_trim")):
        trim(0)


def _of_libc(name: str) -> ctypes._NamedFuncPointer | None:
    return getattr(ctypes.CDLL(None), name, None)  # musl has neither
