"""Finds the model folder of a model that the code names, and exports it when there is none."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tools.migrate.embedding import sizes
from tools.migrate.embedding.models import ModelFolder, ModelName, NoModel
from tools.migrate.embedding.plan import planned, planned_known
from tools.migrate.settings import Settings
from vectorstore.commandline import CommandError

if TYPE_CHECKING:
    from tools.migrate.export.lock import Locked
    from tools.migrate.export.sources import Source

OUR_MODELS = Path("models")
COMMIT = re.compile("[0-9a-f]{7,40}")


@dataclass
class ModelFinder:
    """The model folders of one run: each model is looked for once, refused ones too.

    `export` False: a model that would have to be exported is described, without its weights.
    """

    settings: Settings
    export: bool = True
    _found: dict[ModelName, ModelFolder | NoModel] = field(default_factory=dict)
    _unreachable: str | None = None

    def find(self, wanted: ModelName) -> ModelFolder:
        """Raises NoModel with the reason and what would help."""
        if wanted not in self._found:
            try:
                self._found[wanted] = self._given(wanted) or self._made(wanted)
            except NoModel as error:
                self._found[wanted] = error
            except CommandError as error:
                self._found[wanted] = NoModel(f"{wanted}: {error}")
        found = self._found[wanted]
        if isinstance(found, NoModel):
            raise found
        return found

    def _given(self, wanted: ModelName) -> ModelFolder | None:
        """The folder that was given for this model."""
        from tools.migrate.export.lock import by_model

        if (folder := self.settings.model_folders.get(wanted.text)) is not None:
            return ModelFolder.read(folder)
        known = by_model(wanted.text)
        for folder in self.settings.folders():
            model = ModelFolder.read(folder)
            if model.name == wanted.short and _has_revision(model, wanted):
                return model
            if known is not None and model.sha256 == known.weights_sha256:
                return model
        return None

    def _made(self, wanted: ModelName) -> ModelFolder:
        from tools.migrate.export.lock import by_model

        if wanted.folder is not None:
            return self._of_folder(wanted.folder)
        known = by_model(wanted.text) if wanted.revision in (None, "main") else None
        if known is not None:
            return self._known(known)
        if reason := sizes.why_not(wanted.text):
            raise NoModel(f"{wanted}: {reason}")
        return self._of_hub(wanted)

    def _known(self, known: Locked) -> ModelFolder:
        from tools.migrate.export.sources import find

        for here in (OUR_MODELS / known.name, _cache() / known.name):
            if (here / "embedding.json").is_file():
                return ModelFolder.read(here.resolve())
        return _export(find(known.name), known.name) if self.export else planned_known(known)

    def _of_folder(self, folder: Path) -> ModelFolder:
        from tools.migrate.export.sources import FolderSource

        if (folder / "embedding.json").is_file():
            return ModelFolder.read(folder)
        if not self.export:
            return planned(folder.name, folder)
        return _export(FolderSource(folder), f"{folder.name}-{_fingerprint(folder)}")

    def _of_hub(self, wanted: ModelName) -> ModelFolder:
        from tools.migrate.export.hub import HubError, HubSource

        # SentenceTransformer's own rule for a name without an organization.
        text = wanted.text if "/" in wanted.text else f"sentence-transformers/{wanted.text}"
        source = HubSource.parse(str(ModelName(text, wanted.revision)))
        if source is None:
            raise NoModel(
                f"{wanted} is no folder in this repository and no name of a model hub: export it"
                " where it is (`python -m tools.migrate export FOLDER --out"
                f" models/{wanted.short}`) and pass it with --model '{wanted.text}=models/"
                f"{wanted.short}'"
            )
        cached = str(ModelName(text, wanted.revision)).replace("/", "--")
        if there := _there(source.name, source.repository, wanted) or _whole(_cache() / cached):
            return there
        if self._unreachable:
            raise NoModel(
                _next_step(f"{wanted} was not asked for, as {self._unreachable}", text, wanted)
            )
        try:
            description = source.describe()
            model = planned(source.name, description)
            return _export(source, cached) if self.export else model
        except HubError as error:
            if error.fails_for_all:
                self._unreachable = error.reason
            raise NoModel(_next_step(error.reason, text, wanted)) from error


def _has_revision(model: ModelFolder, wanted: ModelName) -> bool:
    """Whether the model is of the commit asked for; of a branch or tag that cannot be told."""
    if wanted.revision is None or not COMMIT.fullmatch(wanted.revision):
        return True
    return (model.revision or "").startswith(wanted.revision)


def _there(name: str, repository: str, wanted: ModelName) -> ModelFolder | None:
    """The model in ./models, when it is that of the hub's repository."""
    here = OUR_MODELS / name
    if not (here / "embedding.json").is_file():
        return None
    model = ModelFolder.read(here.resolve())
    return model if model.reference == repository and _has_revision(model, wanted) else None


def _fingerprint(folder: Path) -> str:
    """Changes when a file of the folder does; its gigabytes are not read for it."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    told = [f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _export(source: Source, name: str) -> ModelFolder:
    # Imported here: onnx, onnxruntime and numpy are for those who need an export.
    from tools.migrate.export.export import Request, export_model
    from tools.migrate.reporters import say

    return ModelFolder.read(export_model(Request(source, out=_cache() / name), say).folder)


def _cache() -> Path:
    from tools.migrate.export.pypi import cache_folder

    return cache_folder() / "models"


def _whole(folder: Path) -> ModelFolder | None:
    """The model folder that is there, unless a file of it is missing or damaged."""
    from tools.migrate.export.export import settings_of
    from tools.migrate.export.weights import sha256_of

    if not (folder / "embedding.json").is_file():
        return None
    try:
        files = settings_of(folder).get("files", {})
        whole = all(sha256_of([folder / name]) == digest for name, digest in files.items())
        return ModelFolder.read(folder) if whole else None
    except (OSError, CommandError):
        return None


def _next_step(error: str, text: str, wanted: ModelName) -> str:
    return (
        f"{error.rstrip('.')}. Where {text} can be read, run `python -m tools.migrate export"
        f" {ModelName(text, wanted.revision)} --out models/{wanted.short}`, then this again with"
        f" `--model models/{wanted.short}`"
    )
