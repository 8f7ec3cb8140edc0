"""Files that a process has mapped, with what of each is in memory, from /proc/PID/smaps.

https://docs.kernel.org/filesystems/proc.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.limits.units import MIB
from tools.profile.kinds import Kind, kind
from tools.profile.who.packages import package_of

_HEADER = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)")
_MODELS = (
    ".onnx",
    ".onnx.data",
    ".safetensors",
    ".gguf",
    ".ggml",
    ".pt",
    ".pth",
    ".ort",
    ".tflite",
)
_INDEXES = (".faiss", ".index", ".sqlite", ".sqlite3", ".db", ".hnsw", ".ann", ".lance", ".npy")
_LIBRARY = re.compile(r"\.so(?:\.[\d.]+)?$|\.dylib$")


@dataclass(frozen=True)
class Mapped:
    """One file; `kind` is model, index, library, program or file. `file` has no folders of the machine."""

    file: str
    kind: str
    package: str | None
    rss_mib: float
    pss_mib: float


@dataclass(frozen=True)
class Mappings:
    """All mappings of a process tree, in MiB of RSS; `anonymous` has no file behind it."""

    files: tuple[Mapped, ...]
    anonymous_mib: float
    heap_mib: float  # the part of `anonymous` that malloc's main arena grew into
    stack_mib: float


def read_mapped(pids: Sequence[int], app: str | None = None) -> Mappings | None:
    """What the processes have mapped, the largest file first; None when none may be read."""
    texts = [text for pid in pids if (text := _text(pid))]
    return mapped_in(texts, app) if texts else None


def mapped_in(texts: Sequence[str], app: str | None = None) -> Mappings:
    """The same from the texts of smaps; sums over the processes."""
    sums: dict[str, list[int]] = {}
    for text in texts:
        name = ""
        for line in text.splitlines():
            header = _HEADER.fullmatch(line)
            if header:
                name = header[1].strip()
                continue
            key, _, rest = line.partition(":")
            if key in ("Rss", "Pss"):
                sums.setdefault(name, [0, 0])[key == "Pss"] += int(rest.split()[0]) * 1024
    files = [_mapped(name, held, app) for name, held in sums.items() if _is_file(name) and held[0]]
    rest_of = {name: held[0] / MIB for name, held in sums.items() if not _is_file(name)}
    return Mappings(
        files=tuple(sorted(files, key=lambda one: -one.rss_mib)),
        anonymous_mib=sum(rest_of.values()),
        heap_mib=rest_of.get("[heap]", 0.0),
        stack_mib=rest_of.get("[stack]", 0.0),
    )


def _is_file(name: str) -> bool:
    return name.startswith("/") and not name.startswith(("/memfd:", "/dev/zero", "/SYSV"))


def _mapped(path: str, held: Sequence[int], app: str | None) -> Mapped:
    path = path.removesuffix(" (deleted)")
    rss, pss = (number / MIB for number in held)
    return Mapped(_shown(path, app), _kind(path), package_of(path), rss, pss)


def _shown(path: str, app: str | None) -> str:
    """From the app's folder or site-packages on; else the name alone."""
    if app and path.startswith(app.rstrip("/") + "/") and "/site-packages/" not in path:
        return path[len(app.rstrip("/")) + 1 :]
    return path.rpartition("-packages/")[2] if "-packages/" in path else path.rpartition("/")[2]


def _kind(path: str) -> str:
    data = kind(Path(path))
    if data in (Kind.MODEL, Kind.STORE):
        return str(data)
    if _LIBRARY.search(path):
        return "library"
    return "program" if "/bin/" in path else "file"


def _text(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/smaps").read_text("utf-8", "replace")
    except OSError:  # ended, or another user's
        return None
