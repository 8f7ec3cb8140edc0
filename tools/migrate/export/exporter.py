"""Turns a source folder into a model folder, in one recipe."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.migrate.export.bert import WORDS, export
from tools.migrate.export.folder import ModelFolder
from tools.migrate.export.recipes import RECIPES
from tools.migrate.export.tokenizer import write_tokenizer
from tools.migrate.export.weights import Weights, sha256_of

SCHEMA = 1
FILES = ("model.onnx", "model.onnx.data", "tokenizer.json")


@dataclass(frozen=True)
class Origin:
    """Where a model comes from, as embedding.json tells it."""

    kind: str
    reference: str
    revision: str | None
    sha256: str


def write_model(
    model: ModelFolder, origin: Origin, name: str, recipe: str, target: Path
) -> dict[str, Any]:
    """Write a whole model folder at `target` (made here); returns its embedding.json."""
    target.mkdir(parents=True)
    weights = Weights(model.weights)
    export(target, weights, model.shape, RECIPES[recipe], model.pooling.mode)
    write_tokenizer(
        model.tokenizer,
        target / "tokenizer.json",
        max_tokens=model.max_tokens,
        lower_case=model.lower_case,
        vocabulary=weights.rows(WORDS),
    )
    settings = {
        "schema": SCHEMA,
        "name": name,
        "source": {
            "kind": origin.kind,
            "reference": origin.reference,
            "revision": origin.revision,
            "sha256": origin.sha256,
        },
        "dim": model.shape.hidden,
        "pooling": model.pooling.mode,
        "normalize": model.pooling.normalize,
        "max_tokens": model.max_tokens,
        "query_prefix": model.query_prefix,
        "document_prefix": model.document_prefix,
        "recipe": recipe,
        "onnxruntime": RECIPES[recipe].onnxruntime,
        "parity": {},
        "files": {file: sha256_of([target / file]) for file in FILES},
    }
    write_settings(target, settings)
    return settings


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Write embedding.json, which comes last: a folder without it is not a model folder."""
    text = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    (folder / "embedding.json").write_text(text, encoding="utf-8", newline="\n")
