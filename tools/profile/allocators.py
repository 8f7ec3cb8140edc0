"""Settings of the allocator that a host lets one make: environment variables, and libraries.

https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
"""

from __future__ import annotations

import ctypes.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LIBRARIES = {"jemalloc": "libjemalloc.so.2", "mimalloc": "libmimalloc.so.2"}
_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")


@dataclass(frozen=True)
class Setting:
    """A setting, and the environment variables that make it."""

    name: str
    variables: Mapping[str, str]


def available() -> list[Setting]:
    """Those of glibc, and the other allocators whose library is found on this machine."""
    glibc = [
        Setting("MALLOC_ARENA_MAX=2", {"MALLOC_ARENA_MAX": "2"}),
        Setting("MALLOC_ARENA_MAX=1", {"MALLOC_ARENA_MAX": "1"}),
        # Fixed, both stop glibc from raising them as the app frees large blocks.
        Setting(
            "MALLOC_TRIM_THRESHOLD_=131072",
            {"MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072"},
        ),
    ]
    others = [(name, library) for name in _LIBRARIES if (library := _find(name))]
    return [*glibc, *(Setting(name, {"LD_PRELOAD": library}) for name, library in others)]


def _find(name: str) -> str | None:
    """The library's path, or the name under which the loader knows it."""
    for folder in _FOLDERS:
        if (Path(folder) / _LIBRARIES[name]).exists():
            return str(Path(folder) / _LIBRARIES[name])
    return ctypes.util.find_library(name)
