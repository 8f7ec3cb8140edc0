"""Runs the rules over a project."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from tools.migrate.committed_secrets import note_secrets
from tools.migrate.parsed import why_not
from tools.migrate.project import Project
from tools.migrate.registry import RULES, check_ids
from tools.migrate.requirements.uses import Use, uses
from tools.migrate.result import Kind, Note
from tools.migrate.settings import Settings
from vectorstore.commandline import CommandError

ID = "project"  # of the notes that belong to no rule


def open_repository(root: Path) -> Project:
    """The repository that a person named. Raises CommandError when there is none."""
    project = Project.open(root)
    if len(several := _repositories(project.root)) > 1:
        raise CommandError(
            f"{root} holds {len(several)} repositories ({', '.join(several[:4])}"
            f"{', …' if len(several) > 4 else ''}), which would be converted as one. Name one of them."
        )
    if not any(project.root.iterdir()):
        raise CommandError(f"{root} is empty. Name the folder of the repository to convert.")
    return project


def _repositories(root: Path) -> list[str]:
    """The repositories in a folder that is none itself."""
    if any((folder / ".git").exists() for folder in (root, *root.parents)):
        return []
    return sorted(git.parent.name for git in root.glob("*/.git"))


def convert(project: Project, settings: Settings) -> None:
    """Stage what the chosen rules change; every file that could not be read is noted."""
    check_ids(settings.only | settings.skip)
    while True:
        known = set(project.undone)
        _note_left_out(project)
        for rule in RULES:
            if settings.wants(rule.ID):
                rule.apply(project, settings)
        if not any(settings.wants(rule_id) for rule_id, _ in project.undone.keys() - known):
            break
        project.start_again()  # without what cannot be installed
    _note_torch_users(project)
    note_secrets(project)  # last: it names the files whose diff hides them


def _note_left_out(project: Project) -> None:
    for folder, count in sorted(project.tree.left_out.items()):
        if not folder.endswith(("__pycache__/", ".git/")):
            files = "1 file" if count == 1 else f"{count} files"
            message = f"{files} of an environment, a cache or an earlier output: not looked at"
            project.note(Note(ID, "kept", folder, None, message))
    for path in project.tree.links:
        project.note(Note(ID, "kept", str(path), None, "a link: not followed"))
    for path in sorted(project.tree.vendored):
        if path.suffix == ".py":
            project.note(Note(ID, "kept", str(path), None, "vendored code: not rewritten"))
    for path in project.python():
        reason = why_not(project.read(path))
        if reason:
            project.note(Note(ID, "skipped", str(path), *reason))
    for path in project.notebooks():
        project.note(Note(ID, "skipped", str(path), None, "a notebook: not rewritten"))


def _note_torch_users(project: Project) -> None:
    said = {note.path for note in project.notes if note.rule == "requirements"}
    by_path: dict[PurePosixPath, list[Use]] = {}
    for use in uses(project, [*project.python(), *project.notebooks()]):
        if use.needs_torch and str(use.path) not in said:
            by_path.setdefault(use.path, []).append(use)
    for path, found in by_path.items():
        served = path in project.served()
        names = ", ".join(sorted({use.what for use in found}))
        where = "the served app" if served else "only what is run by hand"
        kind: Kind = "warning" if served else "kept"
        message = f"needs {names}: torch stays for {where}"
        project.note(Note("torch", kind, str(path), found[0].line, message))
