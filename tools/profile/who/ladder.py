"""The import ladder: what each package's imports add to RSS and to the start, and who pulled it in."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tools.limits.units import MIB
from tools.profile.who.imports import Import, first_pages, imports_of
from tools.profile.who.packages import STANDARD_LIBRARY, top_level

INTERPRETER = "interpreter"
_NO_LINK = ("", "__main__", STANDARD_LIBRARY)  # pulls nothing in of its own accord


@dataclass
class Rung:
    """One package. `own` is what its modules took themselves, `total` with all that they pulled in.

    `chain` leads from the app to the package's first import, each a package.
    """

    package: str
    chain: tuple[str, ...]
    own_mib: float = 0.0
    total_mib: float = 0.0
    own_ms: float = 0.0
    total_ms: float = 0.0
    modules: int = 0


@dataclass(frozen=True)
class Ladder:
    """All imports of one process. The own parts of the rungs add up to `imports_mib`.

    `everywhere` are the own parts by package in MiB, with the interpreters, of all `processes` that
    were asked for: added up as RSS is, pages that they share count in each.
    """

    python: str
    interpreter_mib: float  # RSS when the first import began
    imports_mib: float
    imports_ms: float
    rungs: tuple[Rung, ...] = field(default=())
    processes: int = 1
    everywhere: Mapping[str, float] = field(default_factory=dict)


class Incomplete(Exception):
    """The hook could not write all that it saw; says why."""


def read_ladder(folder: Path, living: Collection[int] = ()) -> Ladder | None:
    """The ladder of the process that imported most, inherited imports included; None without any.

    `living` are the processes that it is added up of, too. Raises Incomplete.
    """
    for lost in folder.glob("*.lost"):
        why = os.strerror(int(lost.name.split(".")[1]))
        raise Incomplete(f"{folder.parent.parent}: {why}, where the import hook writes")
    files = {int(file.stem): file.read_text("utf-8").splitlines() for file in folder.glob("*.tsv")}
    ladders = {pid: _ladder(pid, files) for pid, lines in sorted(files.items()) if lines}
    largest = max(ladders.values(), key=lambda ladder: ladder.imports_mib, default=None)
    asked = [ladder for pid, ladder in ladders.items() if pid in living]
    if largest is None or not asked:
        return largest
    return replace(largest, processes=len(asked), everywhere=_everywhere(asked))


def _everywhere(ladders: Iterable[Ladder]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for ladder in ladders:
        sums[INTERPRETER] += ladder.interpreter_mib
        for rung in ladder.rungs:
            sums[rung.package] += rung.own_mib
    return dict(sums)


def _ladder(pid: int, files: dict[int, list[str]]) -> Ladder:
    page, python, _, _, pages = files[pid][0].split("\t")
    imports = imports_of(pid, files)
    first = first_pages(pid, files, int(pages))
    rungs = sorted(_rungs(imports), key=lambda rung: -rung.own_mib)
    return Ladder(
        python=python,
        interpreter_mib=first * int(page) / MIB,
        imports_mib=sum(rung.own_mib for rung in rungs),
        imports_ms=sum(rung.own_ms for rung in rungs),
        rungs=tuple(rungs),
    )


def _rungs(imports: Iterable[Import]) -> list[Rung]:
    """One rung for each package; an import's own part is its own less that of its children."""
    by_id = {one.id: one for one in imports}
    rungs: dict[str, Rung] = {}
    for one in sorted(by_id.values(), key=lambda one: one.id):
        rung = rungs.setdefault(one.package, Rung(one.package, _chain(one, by_id)))
        rung.modules += 1
        _add(rung, one, own=True)
        parent = by_id.get(one.parent)
        if parent:
            owner = rungs.setdefault(parent.package, Rung(parent.package, _chain(parent, by_id)))
            owner.own_mib -= one.rss / MIB
            owner.own_ms -= one.ns / 1e6
        if one.package not in _above(one, by_id):
            _add(rung, one, own=False)
    return list(rungs.values())


def _add(rung: Rung, one: Import, own: bool) -> None:
    if own:
        rung.own_mib += one.rss / MIB
        rung.own_ms += one.ns / 1e6
    else:
        rung.total_mib += one.rss / MIB
        rung.total_ms += one.ns / 1e6


def _above(one: Import, by_id: dict[int, Import]) -> list[str]:
    """The packages during whose imports it happened, the nearest first."""
    found = []
    while one.parent in by_id:
        one = by_id[one.parent]
        found.append(one.package)
    return found


def _chain(one: Import, by_id: dict[int, Import]) -> tuple[str, ...]:
    names = [one.package, *_above(one, by_id)]
    root = one
    while root.parent in by_id:
        root = by_id[root.parent]
    path = [top_level(root.importer), *reversed(names)]
    shown = [name for name in path[:-1] if name not in _NO_LINK] + path[-1:]
    return tuple(name for n, name in enumerate(shown) if not n or shown[n - 1] != name)
