"""Asks the resolver about a group of requirement files, before and after an edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.version import Version

from tools.migrate.requirements.files import Files, RequirementFile
from tools.migrate.requirements.inputs import Place, constraints, requirements
from tools.migrate.requirements.lines import Line
from tools.migrate.requirements.python_version import (
    ALTERNATIVES,
    DEFAULT,
    OLDEST,
    stated_python,
)
from tools.migrate.requirements.resolve import Resolution, ResolveError, resolve

if TYPE_CHECKING:
    from tools.migrate.project import Project


@dataclass(frozen=True)
class Questions:
    """What to ask about one file with all that it includes. Every method raises ResolveError."""

    file: RequirementFile
    files: Files
    python: str
    hashes: bool

    def before(self) -> Resolution:
        """What the file resolved to as it was."""
        return self._ask((), frozenset(), {}, ())

    def after(
        self,
        added: Sequence[str],
        without: Set[Place],
        replaced: Mapping[Place, str],
        preferred: Sequence[str] = (),
    ) -> Resolution:
        """What it resolves to with an edit; with the preferred versions if they can be had."""
        if preferred:
            try:
                return self._ask(added, without, replaced, preferred)
            except ResolveError as error:
                if not error.unsolvable:
                    raise
        return self._ask(added, without, replaced, ())

    def _ask(
        self,
        added: Sequence[str],
        without: Set[Place],
        replaced: Mapping[Place, str],
        preferred: Sequence[str],
    ) -> Resolution:
        return resolve(
            [*requirements(self.file, self.files, without, replaced), *added],
            python=self.python,
            constraints=[*constraints(self.file, self.files, without, replaced), *preferred],
            hashes=self.hashes,
        )


def python_for(
    project: Project, file: RequirementFile, files: Files, *, runs_onnx: bool
) -> tuple[str, str | None]:
    """(Python version to resolve for, what to say where a file states another one).

    It is the stated version if the file resolves on it, else the first of 3.11, … that does.
    """
    stated = stated_python(project, file.path.parent)
    first = stated[0] if stated else DEFAULT
    if stated and runs_onnx and Version(first) < Version(OLDEST):
        first = DEFAULT
        return first, f"{stated[1]} says Python {stated[0]}, for which onnxruntime is not made any more: write {first} there"  # fmt: skip
    for version in dict.fromkeys((first, DEFAULT, *ALTERNATIVES)):
        try:
            Questions(file, files, version, hashes=False).before()
        except ResolveError as error:
            if not error.unsolvable:
                break
        else:
            if stated and version != first:
                return version, f"{stated[1]} says Python {first}, for which this does not resolve; it does for {version}"  # fmt: skip
            return version, None
    return first, None


def invalid_lines(files: Sequence[RequirementFile]) -> list[tuple[PurePosixPath, Line]]:
    """(file, line) of the lines because of which pip refuses a whole file."""
    return [(file.path, line) for file in files for line in file.lines if line.kind == "invalid"]
