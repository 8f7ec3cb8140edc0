"""What the import hook wrote: the imports of each process, with those it was forked from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tools.profile.who.packages import top_level


@dataclass(frozen=True)
class Import:
    """One import as the hook saw it; `parent` is the id of the import during which it happened."""

    id: int
    parent: int
    module: str
    importer: str
    rss: int  # bytes more at its end than at its beginning, all that it pulled in included
    ns: int
    failed: bool

    @property
    def package(self) -> str:
        return top_level(self.module)


def first_pages(pid: int, files: dict[int, list[str]], pages: int) -> int:
    """Resident pages when the first import began, before all forks."""
    parent = int(files[pid][0].split("\t")[2])
    if parent not in files:
        return pages
    return first_pages(parent, files, int(files[parent][0].split("\t")[4]))


def imports_of(pid: int, files: dict[int, list[str]]) -> list[Import]:
    """Of a process and of those it was forked from, until then."""
    page, _, parent, inherited, _ = files[pid][0].split("\t")
    before = imports_of(int(parent), files) if int(parent) in files else []
    own = [_import(line.split("\t"), int(page)) for line in files[pid][1:]]
    return _loaded([one for one in before if one.id <= int(inherited)] + own)


def _loaded(imports: Iterable[Import]) -> list[Import]:
    """Without those that failed, such as of an optional package, and left nothing else loaded."""
    kept: list[Import] = []
    parents: set[int] = set()
    for one in sorted(imports, key=lambda one: -one.id):  # what an import pulls in has higher ids
        if not one.failed or one.id in parents:
            kept.append(one)
            parents.add(one.parent)
    return kept[::-1]


def _import(fields: list[str], page: int) -> Import:
    number, parent, module, importer, before, after, started, ended, failed = fields
    return Import(
        int(number),
        int(parent),
        module,
        importer,
        rss=(int(after) - int(before)) * page,
        ns=int(ended) - int(started),
        failed=failed == "1",
    )
