"""What an export would give, told by a model's small files alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.migrate.embedding import sizes
from tools.migrate.embedding.models import ModelFolder, NoModel

if TYPE_CHECKING:
    from tools.migrate.export.lock import Locked


def planned_known(known: Locked) -> ModelFolder:
    """The export of a model of the lock file."""
    return ModelFolder(
        None, known.name, known.normalize, known.weights_sha256, file_mb=known.file_mb
    )


def planned(name: str, folder: Path) -> ModelFolder:
    """The export of a model folder, of which the JSON files have to be there.

    Raises NoModel for one that runs code of its own or does not fit.
    """
    from tools.migrate.export import schema
    from tools.migrate.export.folder import Prompts, read_prompts

    config = _config(folder)
    if "auto_map" in config:
        raise NoModel(f"{name}: {sizes.OWN_CODE_REFUSED}")
    size = sizes.size_of(config)
    if size and (reason := sizes.too_large(size)):
        raise NoModel(f"{name}: {reason}")
    listed = folder / "modules.json"
    modules = schema.parse_modules(listed) if listed.is_file() else []
    prompts = read_prompts(folder) if modules else Prompts()
    return ModelFolder(
        None,
        name,
        normalize=bool(modules) and str(modules[-1].get("type", "")).endswith("Normalize"),
        query_prefix=prompts.query,
        document_prefix=prompts.document,
        default_prompt=prompts.default,
        file_mb=max(1, size.file_mb) if size else None,
    )


def _config(folder: Path) -> dict[str, Any]:
    from tools.migrate.export.folder import read_config
    from tools.migrate.export.hub import CONFIG

    found = (folder / name for name in CONFIG if (folder / name).is_file())
    return next((read_config(path) for path in found), {})
