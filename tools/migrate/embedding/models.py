"""The exported model folder that takes the place of a model named in the code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools.migrate.project import Project
from tools.migrate.result import Note
from tools.migrate.settings import Settings
from tools.migrate.tree import git
from vectorstore.commandline import CommandError, Exit


class NoModel(Exception):
    """No model folder can be had for a name. The message says why, and what would help."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model folder on this machine."""

    folder: Path
    name: str
    normalize: bool
    sha256: str  # of the weights it was exported from

    @classmethod
    def read(cls, folder: Path) -> ModelFolder:
        """Raises CommandError when `folder` is not a model folder."""
        try:
            description = json.loads((folder / "embedding.json").read_text(encoding="utf-8"))
            source = description["source"]["sha256"]
            return cls(folder, description["name"], description["normalize"], source)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(
                f"{folder} is not a model folder ({error!r}). Make one with"
                " `python -m tools.migrate export MODEL --out models/NAME`."
            ) from error


def find_model(settings: Settings, wanted: str) -> ModelFolder:
    """The exported folder of the model that the code calls `wanted`; exports it when there is none.

    Raises NoModel when it is not one of those that can be exported here.
    """
    from tools.migrate.export.lock import by_model, locked_models

    known = by_model(wanted)
    if settings.model_folder is not None:
        given = ModelFolder.read(settings.model_folder)
        if given.name == wanted.rpartition("/")[2] or (
            known is not None and given.sha256 == known.weights_sha256
        ):
            return given
    if known is None:
        names = ", ".join(model.name for model in locked_models())
        raise NoModel(
            f"{wanted} cannot be exported here by its name. Models known by name: {names}. Export"
            " its folder (`python -m tools.migrate export FOLDER --out models/NAME`) and pass it"
            " with --model, or change the code to a known one and build the store again"
        )
    return ModelFolder.read(_exported(known.name))


def _exported(name: str) -> Path:
    """The export of a known model: the one in ./models, else the cache's, made when missing."""
    # Imported here: onnx, onnxruntime and numpy are for those who need an export.
    from tools.migrate.export.export import Request, export_model
    from tools.migrate.export.pypi import cache_folder
    from tools.migrate.export.sources import find
    from tools.migrate.reporters import say

    here = Path("models") / name
    if (here / "embedding.json").is_file():
        return here.resolve()
    request = Request(find(name), out=cache_folder() / "models" / name)
    return export_model(request, say).folder


def require_model(project: Project, root: PurePosixPath, model: ModelFolder) -> str:
    """Stage the model folder for the app at `root`; returns its path as the app's code names it.

    One copy serves every app and script at or below the folder of a served app. Raises
    CommandError when a folder of that name is there that is not this model.
    """
    home = _home(project, root)
    folder = home / "models" / model.name
    description = folder / "embedding.json"
    if not project.exists(description):
        project.add_folder(folder, model.folder)
        _warn_when_ignored(project, folder)
    elif _identity(project.read(description)) != (model.name, model.sha256):
        raise CommandError(
            f"{project.root / folder} is in the way: it is not the model {model.name} that has to be"
            " added. Rename it, then run this again.",
            Exit.NO,
        )
    above = [".."] * len(root.relative_to(home).parts)
    return PurePosixPath(*above, "models", model.name).as_posix()


def _home(project: Project, root: PurePosixPath) -> PurePosixPath:
    roots = {project.app_root(entry.path) for entry in project.entry_points()} | {root}
    return min((r for r in roots if root.is_relative_to(r)), key=lambda r: len(r.parts))


def _identity(description: bytes) -> tuple[str, str] | None:
    try:
        read = json.loads(description)
        return read["name"], read["source"]["sha256"]
    except (ValueError, KeyError, TypeError):
        return None


def _warn_when_ignored(project: Project, folder: PurePosixPath) -> None:
    """A host gets what is in git: a .gitignore with `models/` or `*.onnx` would leave it out."""
    for name in ("model.onnx", "model.onnx.data", "tokenizer.json"):
        path = folder / name
        ignored = git(project.root, "check-ignore", "--no-index", "-q", str(path))
        if path in project.copied() and ignored is not None and ignored.returncode == 0:
            project.note(
                Note(
                    "embeddings",
                    "warning",
                    str(path),
                    None,
                    "a .gitignore leaves this file out, and the app cannot start without it:"
                    f" `git add -f {folder}`",
                )
            )
            return
