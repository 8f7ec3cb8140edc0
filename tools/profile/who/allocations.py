"""Allocations by package and stage, from what memray recorded.

https://bloomberg.github.io/memray/memory.html: what was asked for, in virtual memory. It is not RSS
and never added to it. Python objects are in arenas of 1 MiB, counted for whoever needed the arena.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.limits.units import MIB
from tools.profile.who.packages import STANDARD_LIBRARY, package_of

if TYPE_CHECKING:
    from memray import FileReader, MemorySnapshot
    from memray._memray import Interval, TemporalAllocationRecord

Frame = tuple[str, str, int]  # function, file, line
UNATTRIBUTED = "unattributed"
_NATIVE_FROM = 64 * 1024  # bytes
_MOMENTS = 2000  # snapshots to tell stages apart by
_SHORTEST_NAME = 5  # of a package that is looked for in symbols: "at" is in everything


@dataclass(frozen=True)
class Allocations:
    """MiB at the high-water mark and at the end of each stage, by package; `places` are the largest."""

    peak_mib: float
    packages: Mapping[str, float]
    stages: Mapping[str, Mapping[str, float]]
    places: tuple[tuple[str, float], ...]
    processes: int


def read_allocations(
    files: Sequence[Path], app: str, stages: Mapping[str, float], known: Iterable[str] = ()
) -> tuple[Allocations, Path]:
    """Of the process that allocated most, and its file.

    `app` is the folder of the app's own code, `stages` has the time.time() at which each ended, and
    `known` the packages to look for in native symbols.
    """
    from memray import FileReader

    largest = max(files, key=_peak)
    reader = FileReader(largest, max_memory_records=_MOMENTS)
    try:
        return _read(reader, app, stages, known, len(files)), largest
    finally:
        reader.close()


def _peak(file: Path) -> int:
    from memray import FileReader

    reader = FileReader(file, max_memory_records=_MOMENTS)
    try:
        return max((moment.heap for moment in reader.get_memory_snapshots()), default=0)
    finally:
        reader.close()


def _read(
    reader: FileReader,
    app: str,
    stages: Mapping[str, float],
    known: Iterable[str],
    processes: int,
) -> Allocations:
    moments = list(reader.get_memory_snapshots())
    top = max(range(len(moments)), key=lambda n: moments[n].heap)
    wanted = {"": top, **{name: _moment(moments, at) for name, at in stages.items()}}
    sums: dict[str, Counter[str]] = {name: Counter() for name in wanted}
    places: Counter[str] = Counter()
    owner = Owner(app, known)
    for record in reader.get_temporal_allocation_records(merge_threads=True):
        frames = None
        for name, moment in wanted.items():
            size = sum(i.n_bytes for i in record.intervals if _alive(i, moment))
            if not size:
                continue
            if frames is None:
                frames = _frames(record, size)
            sums[name][owner.of(frames)] += size
            if not name:
                places[owner.place(frames)] += size
    return Allocations(
        peak_mib=sum(sums[""].values()) / MIB,
        packages=_mib(sums.pop("")),
        stages={name: _mib(found) for name, found in sums.items()},
        places=tuple((place, size / MIB) for place, size in places.most_common(20)),
        processes=processes,
    )


def _frames(record: TemporalAllocationRecord, size: int) -> Sequence[Frame]:
    """The innermost first; native ones only of what is large, since finding their names is slow."""
    return record.hybrid_stack_trace() if size >= _NATIVE_FROM else record.stack_trace()


def _moment(moments: Sequence[MemorySnapshot], at_s: float) -> int:
    """The last snapshot at or before a time."""
    before = [n for n, moment in enumerate(moments) if moment.time <= at_s * 1000]
    return before[-1] if before else 0


def _alive(interval: Interval, moment: int) -> bool:
    died = interval.deallocated_before_snapshot
    return interval.allocated_before_snapshot <= moment and (died is None or moment < died)


def _mib(sums: Counter[str]) -> dict[str, float]:
    return {name: size / MIB for name, size in sums.most_common()}


class Owner:
    """Says whose an allocation is: the innermost frame that belongs to a package or to the app.

    A library without Python frames of its own is found by its name in a native symbol, where it was
    not stripped of them.
    """

    def __init__(self, app: str, known: Iterable[str] = ()) -> None:
        self._app = app
        names = sorted({re.escape(name) for name in known if len(name) >= _SHORTEST_NAME})
        self._in_symbol = (
            re.compile(rf"(?<![A-Za-z])({'|'.join(names)})(?![a-z])") if names else None
        )

    def of(self, frames: Sequence[Frame]) -> str:
        """The package, "standard library" where nobody else asked, or "unattributed"."""
        seen = UNATTRIBUTED
        for function, file, _ in frames:
            named = self._native(function) if not _is_python(file) else package_of(file, self._app)
            if named == STANDARD_LIBRARY:
                seen = named
            elif named:
                return named
        return seen

    def place(self, frames: Sequence[Frame]) -> str:
        """The innermost line of Python that belongs to a package: `file:line function`."""
        for function, file, line in frames:
            package = package_of(file, self._app) if _is_python(file) else None
            if package and package != STANDARD_LIBRARY:
                return f"{_short(file, self._app)}:{line} {function}"
        return UNATTRIBUTED

    def _native(self, symbol: str) -> str | None:
        found = self._in_symbol.search(symbol) if self._in_symbol else None
        return found[1] if found else None


def _is_python(file: str) -> bool:
    return file.endswith((".py", ".pyx")) or file.startswith("<frozen")


def _short(file: str, app: str) -> str:
    if "-packages/" in file:
        return file.rpartition("-packages/")[2]
    return file.removeprefix(app.rstrip("/") + "/")
