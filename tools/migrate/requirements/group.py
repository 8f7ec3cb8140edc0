"""All groups of requirement files of a repository, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tools.migrate.requirements.additions import Needs, Ranges, needs_of_runtime
from tools.migrate.requirements.change import Change
from tools.migrate.requirements.elsewhere import torch_elsewhere
from tools.migrate.requirements.files import RUNTIME_PACKAGES, Files, requirement_files
from tools.migrate.requirements.ignore_files import ignored
from tools.migrate.requirements.image_copies import left_out
from tools.migrate.requirements.image_models import loaded_while_building
from tools.migrate.requirements.images import heavy_images
from tools.migrate.requirements.langchain_lines import (
    lists_langchain,
    needed_lines,
    needed_without_a_file,
)
from tools.migrate.requirements.locks import stale_locks
from tools.migrate.requirements.missing import write_missing
from tools.migrate.requirements.model_ranges import ranges_of_models
from tools.migrate.requirements.modules import with_modules_invalid
from tools.migrate.requirements.stack import Case, cases, runtime_modules
from tools.migrate.requirements.together import needing_torch
from tools.migrate.result import Note

if TYPE_CHECKING:
    from tools.migrate.project import Project


def change_requirements(project: Project, rule: str) -> None:
    """Stage the edits of every requirement file that needs one, and note what was not done."""
    ranges = ranges_of_models(project)
    write_missing(project, rule, requirement_files(project), ranges)
    files = with_modules_invalid(requirement_files(project))
    groups = cases(project, files)
    for case in groups:
        needs = Needs((), {})
        if _carries(case, groups, _lists_the_runtime):
            needs = needs_of_runtime(case, ranges)
        if _carries(case, groups, lists_langchain):
            why = needed_lines(project, case)
            needs = Needs((*needs.added, *why), needs.raised, why)
        Change(project, rule, files, case, needs).run()
    _note_elsewhere(project, rule, files, ranges)
    if not groups:
        _note_langchain(project, rule)


def _note_elsewhere(project: Project, rule: str, files: Files, ranges: Ranges) -> None:
    """Say what has to be done by hand where the runtime was added."""
    if not runtime_modules(project, project.python()):
        return
    for path, line, name in torch_elsewhere(project, files):
        message = f"lists {name} in a way that is not edited: change it by hand"
        project.note(Note(rule, "skipped", str(path), line, message))
    for lock, at, message in stale_locks(project, requirement_files(project)):
        project.note(Note(rule, "warning", str(lock), at, message))
    if needing_torch(project, ()).isdisjoint(project.served()):
        for path, line, message in (*heavy_images(project), *loaded_while_building(project)):
            project.note(Note(rule, "warning", str(path), line, message))
    for path, line, message in (*left_out(project), *ignored(project)):
        project.note(Note(rule, "warning", str(path), line, message))
    if not files:
        needed = f"onnxruntime{ranges.onnxruntime}, tokenizers{ranges.tokenizers} and numpy"
        message = f"there is none: the converted code needs {needed} instead of torch"
        project.note(Note(rule, "warning", "requirements.txt", None, message))


def _note_langchain(project: Project, rule: str) -> None:
    for requirement, why in needed_without_a_file(project).items():
        message = f"add {requirement} to what is installed: {why}"
        project.note(Note(rule, "warning", "requirements.txt", None, message))


def _carries(case: Case, groups: Sequence[Case], concerned: Callable[[Case], bool]) -> bool:
    """Of several groups for the same code: those that are concerned; else the main one."""
    if concerned(case):
        return True
    siblings = [other for other in groups if not set(other.code).isdisjoint(case.code)]
    if any(concerned(other) for other in siblings):
        return False
    return bool(siblings) and case is max(siblings, key=_rank)


def _lists_the_runtime(case: Case) -> bool:
    return bool(case.stack()) or case.names >= RUNTIME_PACKAGES


def _rank(case: Case) -> tuple[bool, int]:
    return any(file.path.name == "requirements.txt" for file in case.files), len(case.names)
