"""Puts a model folder into the repository, where the app finds it."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from tools.migrate.embedding.models import ModelFolder
from tools.migrate.project import Project
from tools.migrate.result import Kind, Note
from tools.migrate.tree import git

ID = "embeddings"


def require_model(project: Project, root: PurePosixPath, model: ModelFolder) -> str:
    """Stage the model folder for the app at `root`; returns its path as the app's code names it.

    One copy serves every app and script at or below the folder of a served app. Where another
    model or something else has the folder of that name, it gets a name of its own.
    """
    home = _home(project, root)
    folder = _folder(project, home / "models", model)
    if model.folder is None:
        size = f", about {model.file_mb} MB" if model.file_mb else ""
        _note(project, "changed", folder, f"the model would be exported and added{size}")
    elif not project.exists(folder / "embedding.json"):
        project.add_folder(folder, model.folder)
        _warn_when_ignored(project, folder)
    above = [".."] * len(root.relative_to(home).parts)
    return PurePosixPath(*above, "models", folder.name).as_posix()


def _home(project: Project, root: PurePosixPath) -> PurePosixPath:
    roots = {project.app_root(entry.path) for entry in project.entry_points()} | {root}
    return min((r for r in roots if root.is_relative_to(r)), key=lambda r: len(r.parts))


def _folder(project: Project, models: PurePosixPath, model: ModelFolder) -> PurePosixPath:
    """Where this model is, or else where nothing is yet."""
    ends = ("", "-onnx", f"-{model.sha256[:8]}" if model.sha256 else "-2")
    folders = [models / f"{model.name}{end}" for end in ends]
    free = (f for f in folders if _is(project, f, model) or not _taken(project, f))
    return next(free, models / f"{model.name}-{model.sha256}")


def _is(project: Project, folder: PurePosixPath, model: ModelFolder) -> bool:
    description = folder / "embedding.json"
    if not project.exists(description):
        return False
    try:
        read = json.loads(project.read(description))
        same = model.sha256 in ("", read["source"]["sha256"])
        return same and bool(read["name"] == model.name)
    except (ValueError, KeyError, TypeError):
        return False


def _taken(project: Project, folder: PurePosixPath) -> bool:
    return any(path.is_relative_to(folder) for path in project.paths())


def _warn_when_ignored(project: Project, folder: PurePosixPath) -> None:
    """A host gets what is in git: a .gitignore with `models/` or `*.onnx` would leave it out."""
    for name in ("model.onnx", "model.onnx.data", "tokenizer.json"):
        path = folder / name
        ignored = git(project.root, "check-ignore", "--no-index", "-q", str(path))
        if path in project.copied() and ignored is not None and ignored.returncode == 0:
            _note(
                project,
                "warning",
                path,
                "a .gitignore leaves this file out, and the app cannot start without it:"
                f" `git add -f {folder}`",
            )
            return


def _note(project: Project, kind: Kind, path: PurePosixPath, message: str) -> None:
    project.note(Note(ID, kind, str(path), None, message))
