"""Turns a source folder into a model folder, in one recipe."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.migrate.export import foreign
from tools.migrate.export.bert import BertEncoder
from tools.migrate.export.encoder import IDS, MASK
from tools.migrate.export.folder import ModelFolder
from tools.migrate.export.graph import Graph
from tools.migrate.export.head import write_head
from tools.migrate.export.recipes import RECIPES, Recipe
from tools.migrate.export.t5 import T5Encoder
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
    vocabulary = _write_graph(model, RECIPES[recipe], target)
    write_tokenizer(
        model.tokenizer,
        target / "tokenizer.json",
        max_tokens=model.max_tokens,
        lower_case=model.lower_case,
        vocabulary=vocabulary,
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
        "dim": model.dim,
        "pooling": model.pooling.mode,
        "normalize": model.pooling.normalize,
        "max_tokens": model.max_tokens,
        "query_prefix": model.query_prefix,
        "document_prefix": model.document_prefix,
        **({"default_prompt": model.default_prompt} if model.default_prompt else {}),
        "route": model.route,
        "recipe": recipe,
        "onnxruntime": RECIPES[recipe].onnxruntime,
        "parity": {},
        "files": {file: sha256_of([target / file]) for file in FILES},
    }
    write_settings(target, settings)
    return settings


def _write_graph(model: ModelFolder, recipe: Recipe, target: Path) -> int:
    """Write model.onnx and model.onnx.data; returns how many tokens there are rows for."""
    graph = Graph(target)
    try:
        return (_foreign if model.graph else _direct)(model, graph, recipe)
    finally:
        graph.close()


def _direct(model: ModelFolder, graph: Graph, recipe: Recipe) -> int:
    kind = T5Encoder if model.shape.family == "t5" else BertEncoder
    weights = Weights(model.weights)
    tokens = kind(graph, weights, model.shape, recipe, model.max_tokens).write()
    graph.save([IDS, MASK], write_head(graph, tokens, model.pooling), model.dim)
    return weights.rows(weights.table)


def _foreign(model: ModelFolder, graph: Graph, recipe: Recipe) -> int:
    given = foreign.read(model.graph or model.inner)
    tokens = foreign.write(given, graph, recipe)
    graph.save(given.inputs, write_head(graph, tokens, model.pooling), model.dim, given.opset)
    return given.vocabulary


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Write embedding.json, which comes last: a folder without it is not a model folder."""
    text = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    (folder / "embedding.json").write_text(text, encoding="utf-8", newline="\n")
