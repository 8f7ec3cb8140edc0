"""Which versions of onnxruntime and tokenizers run the models of a repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tools.migrate.requirements.additions import (
    ONNXRUNTIME,
    TOKENIZERS,
    TOKENIZERS_OF_OTHERS,
    Ranges,
)

if TYPE_CHECKING:
    from tools.migrate.project import Project


def ranges_of_models(project: Project) -> Ranges:
    """What the staged model folders ask for; of models that are only planned, the usual."""
    described = [path for path in project.paths() if path.name == "embedding.json"]
    asked = [str(found["onnxruntime"]) for found in _read(project, described, "onnxruntime")]
    tokenizers = [path.with_name("tokenizer.json") for path in described]
    others = any(not _is_wordpiece(found) for found in _read(project, tokenizers, "model"))
    return Ranges(
        asked[0] if asked else ONNXRUNTIME, TOKENIZERS_OF_OTHERS if others else TOKENIZERS
    )


def _read(project: Project, paths: list[PurePosixPath], key: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of these files that have the key."""
    for path in paths:
        try:
            found = json.loads(project.read(path))
        except (OSError, ValueError):
            continue
        if isinstance(found, dict) and key in found:
            yield found


def _is_wordpiece(tokenizer: dict[str, Any]) -> bool:
    model = tokenizer["model"]
    parts = json.dumps([tokenizer.get(name) for name in ("pre_tokenizer", "decoder")])
    return isinstance(model, dict) and model.get("type") == "WordPiece" and "Metaspace" not in parts
