"""Which lines of a requirements file are there because of torch, and which of them may go."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from tools.migrate.parsed import parse
from tools.migrate.project import RUNTIME
from tools.migrate.requirements.distributions import WITH_TORCH_IN_A_FREEZE, is_stack
from tools.migrate.requirements.files import Files, RequirementFile, family, governed, limits
from tools.migrate.requirements.inputs import Place
from tools.migrate.requirements.lines import Line
from tools.migrate.requirements.resolve import Resolution
from tools.migrate.requirements.uses import Use, imports, uses

if TYPE_CHECKING:
    from tools.migrate.project import Project


TORCH_INDEX = re.compile(r"pytorch\.org|\$\{?\w*TORCH", re.I)
NAMING = ("--source", "--extra")  # uv's and Poetry's tables, as options


@dataclass(frozen=True)
class Case:
    """Requirement files that include each other, and the code that is installed with them."""

    files: tuple[RequirementFile, ...]  # those that are included first
    code: tuple[PurePosixPath, ...]
    used: tuple[Use, ...]
    runtime: frozenset[str]  # modules of ours that the code imports

    @property
    def installed(self) -> tuple[RequirementFile, ...]:
        """The files whose lines are installed: without those that only limit versions."""
        only = limits(self.files)
        return tuple(file for file in self.files if file.path not in only)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for file in self.installed for name in file.names)

    def lines(self) -> list[tuple[RequirementFile, Line]]:
        return [(file, line) for file in self.files for line in file.lines if line.name]

    def stack(self) -> list[tuple[RequirementFile, Line]]:
        """The lines that are torch, or listed because of it."""
        return [(file, line) for file, line in self.lines() if is_stack(line.name)]

    def torch_indexes(self) -> set[Place]:
        """The lines that name PyTorch's own index: nothing else is meant to come from there."""
        return {
            (file.path, line.number)
            for file in self.files
            for line in file.lines
            if TORCH_INDEX.search(line.index())
        }

    def options_of(self, gone: set[Place]) -> set[Place]:
        """The options that are for what goes: PyTorch's index, a channel, a source, an extra."""
        names = {line.name for file, line in self.lines() if (file.path, line.number) in gone}
        return self.torch_indexes() | {
            (file.path, line.number)
            for file in self.files
            for line in file.lines
            if line.kind == "option" and _is_for(line.code, names)
        }

    def blockers(self) -> list[Use]:
        """What the served app does in torch, one use a file."""
        first: dict[PurePosixPath, Use] = {}
        for use in self.used:
            if use.needs_torch and use.served:
                first.setdefault(use.path, use)
        return list(first.values())

    def torch_scripts(self) -> frozenset[PurePosixPath]:
        """Files outside the served app that cannot run without torch."""
        return frozenset(use.path for use in self.used if use.needs_torch and not use.served)

    def staying(self) -> list[Use]:
        """The uses in all other files: what they need has to be installed."""
        scripts = self.torch_scripts()
        return [use for use in self.used if use.path not in scripts]


def _is_for(option: str, names: Container[str]) -> bool:
    word, _, name = option.partition(" ")
    return word == "channel" or (word in NAMING and canonicalize_name(name) in names)


def cases(project: Project, files: Files) -> list[Case]:
    """The requirement files of a repository, grouped."""
    found: list[Case] = []
    for file in files.values():
        if not any(file in case.files for case in found):
            found.append(_case(project, files, family(file, files)))
    return found


def _case(project: Project, files: Files, members: list[RequirementFile]) -> Case:
    members.sort(key=lambda file: (len(file.includes), str(file.path)))
    code = sorted({path for file in members for path in governed(file, files, project)}, key=str)
    return Case(
        tuple(members), tuple(code), tuple(uses(project, code)), runtime_modules(project, code)
    )


def runtime_modules(project: Project, code: Iterable[PurePosixPath]) -> frozenset[str]:
    """The modules of ours that this code imports."""
    found: set[str] = set()
    for path in code:
        tree = parse(project.read(path)) if path.suffix == ".py" else None
        for module, _, names in imports(tree or ast.Module([], [])):
            if module == RUNTIME:
                found.update(names)
            elif module.startswith(f"{RUNTIME}."):
                found.add(module.split(".")[1])
    return frozenset(found)


def removable(case: Case) -> tuple[set[Place], dict[Place, Use]]:
    """(lines that go, lines that stay with the use that keeps them)."""
    keeping: dict[str, Use] = {}
    for use in case.staying():
        keeping.setdefault(use.package, use)
    gone: set[Place] = set()
    kept: dict[Place, Use] = {}
    for file, line in case.stack():
        if line.name in keeping:
            kept[file.path, line.number] = keeping[line.name]
        else:
            gone.add((file.path, line.number))
    return gone, kept


def orphans(
    case: Case, gone: set[Place], before: Resolution, after: Resolution
) -> list[tuple[RequirementFile, Line]]:
    """Lines of the torch stack's own requirements that nothing requires or imports any more."""
    wanted = {use.package for use in case.staying()}
    return [
        (file, line)
        for file, line in case.lines()
        if line.name in WITH_TORCH_IN_A_FREEZE
        and line.name not in wanted
        and (file.path, line.number) not in gone
        and before.via.get(line.name)
        and not after.via.get(line.name)
    ]
