"""`python -m bench.models`: every architecture by every route in every recipe, beside torch.

The default model is the real one; of the other architectures there are random models, 128 wide with
two layers, made by transformers (their 8-bit figures say that nothing is broken, not what a trained
model loses: `export --compare` tells that of one's own). FIT512_TORCH_PYTHON names a Python with
sentence-transformers, FIT512_EXPORT_PYTHON one with optimum. Writes reports/models.json; exit code 1
when fp32 by any route is farther than a cosine of 0.9999 from sentence-transformers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.machine import machine, versions
from tests.migrate.export import torch_models
from tests.migrate.export.torch_models import MODELS
from tools.migrate.export import optimum_route, parity
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import ModelFolder, read_folder, read_foreign
from tools.migrate.export.recipes import RECIPES
from tools.migrate.export.sources import find
from tools.migrate.export.texts import SHORT, builtin_texts
from vectorstore.commandline import CommandError, Exit, run
from vectorstore.onnx_embeddings import OnnxEmbeddings

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "tests/migrate/export"
DEFAULT = "all-MiniLM-L6-v2"
SCALE = "8"
LEAST = 0.9999
PARAGRAPHS = 500

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Case:
    """A model by one route, the texts, and the vectors sentence-transformers gives for them."""

    name: str
    route: str
    model: ModelFolder
    texts: list[str]
    expected: Floats


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.models", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.models", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "reports/models.json")
    arguments = parser.parse_args(argv)
    python = os.environ.get("FIT512_TORCH_PYTHON")
    if python is None or optimum_route.python() is None:
        raise CommandError(
            "FIT512_TORCH_PYTHON and FIT512_EXPORT_PYTHON have to name the Pythons that have"
            " sentence-transformers and optimum: `make torch-env` and `make export-env` make them."
        )
    with tempfile.TemporaryDirectory(prefix="fit512-models-") as work, find(DEFAULT).open() as path:
        made = _torch(python, "torch_models.py", Path(work) / "made", SCALE)
        texts = [*builtin_texts(PARAGRAPHS, 1).documents, *SHORT]
        cases = list(_cases(python, path, Path(work), texts))
        rows = [row for case in cases for row in _rows(case, Path(work))]
    arguments.out.parent.mkdir(exist_ok=True)
    report = _report(rows, made, len(texts))
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    far = [row for row in rows if row["recipe"] == "fp32" and row["minimum"] < LEAST]
    for row in far:
        _say(f"{row['model']} by {row['route']}: cosine {row['minimum']} < {LEAST}")
    return Exit.NO if far else Exit.OK


def _cases(python: str, default: Path, work: Path, texts: list[str]) -> Iterator[Case]:
    (work / "texts.json").write_text(json.dumps({"texts": texts}), encoding="utf-8")
    _torch(python, "torch_vectors.py", default, work / "texts.json", work / "expected.npy")
    small = {name: torch_models.texts(model.family) for name, model in MODELS.items()}
    folders = {DEFAULT: default} | {name: work / "made" / name for name in MODELS}
    graphs = {name: work / "graphs" / f"{name}.onnx" for name in folders}
    _say("tracing with optimum")
    optimum_route.export_graphs([(folders[name], graphs[name]) for name in folders])
    for name, folder in folders.items():
        vectors = np.load((work if name == DEFAULT else folder) / "expected.npy")
        asked = texts if name == DEFAULT else small[name]
        yield Case(name, "direct", read_folder(folder), asked, vectors)
        traced = replace(read_foreign(folder), route="optimum", graph=graphs[name])
        yield Case(name, "optimum", traced, asked, vectors)


def _torch(python: str, script: str, *arguments: object) -> dict[str, str]:
    """Run one of the tests' scripts where torch is; returns the versions it prints."""
    _say(f"{script} with torch")
    command = [python, str(SCRIPTS / script), *map(str, arguments)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    printed = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=900
    ).stdout
    found: dict[str, str] = json.loads(printed.splitlines()[-1])
    return found


def _rows(case: Case, work: Path) -> Iterator[dict[str, Any]]:
    for recipe in RECIPES:
        target = work / "out" / case.name / case.route / recipe
        write_model(case.model, Origin("folder", "", None, ""), case.name, recipe, target)
        found = OnnxEmbeddings(target, threads=os.cpu_count() or 1).encode(case.texts)
        cosines = _cosines(found, case.expected)
        yield {
            "model": case.name,
            "architecture": MODELS[case.name].family if case.name in MODELS else "bert",
            "pooling": case.model.pooling.mode,
            "dense": bool(case.model.pooling.dense),
            "normalize": case.model.pooling.normalize,
            "prefixes": bool(case.model.query_prefix),
            "route": case.route,
            "recipe": recipe,
            "texts": len(case.texts),
            "mean": round(float(cosines.mean()), 6),
            "minimum": round(float(cosines.min()), 6),
            "largest_difference": float(f"{np.abs(found - case.expected).max():.2g}"),
        }
        _say(f"{case.name}, {case.route}, {recipe}: cosine {cosines.min():.6f} at least")


def _cosines(a: Floats, b: Floats) -> NDArray[np.float64]:
    product = (a.astype(np.float64) * b).sum(axis=1)
    found: NDArray[np.float64] = product / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return found


def _report(rows: list[dict[str, Any]], torch: dict[str, str], texts: int) -> dict[str, Any]:
    return {
        "schema": 1,
        "command": "python -m bench.models",
        "machine": machine(),
        "versions": versions(("numpy", "onnx", "onnxruntime", "tokenizers")) | torch,
        "reference": "sentence-transformers in fp32",
        "model": find(DEFAULT).reference,
        "texts": f"{texts}: {parity.builtin_corpus()}",
        "rows": rows,
    }


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
