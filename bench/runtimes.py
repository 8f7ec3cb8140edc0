"""`python -m bench.runtimes`: our embedding runtime beside sentence-transformers and fastembed.

The same weights, one thread, each run a fresh process in an environment of its own, the runtimes
alternately: loaded, asked 300 questions one at a time, given 500 texts of 3 to 250 tokens as one
list, which each cuts into its own default batches, and then 2,000 varied texts whose vectors are
compared with those of sentence-transformers. FIT512_TORCH_PYTHON and FIT512_EXPORT_PYTHON are as for
`bench.models`; fastembed gets the file that optimum exports. Writes reports/runtimes.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.environments import make, site_of, versions_in
from bench.machine import machine
from bench.output import say, write_report
from bench.questions import questions
from bench.runtimes_table import table
from bench.summary import summarize
from bench.text_maker import TextMaker
from tools.limits.size import size_mib
from tools.migrate.export import optimum_route, parity
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import read_folder
from tools.migrate.export.sources import find
from tools.migrate.export.texts import Texts, builtin_texts
from vectorstore.commandline import CommandError, Exit, run

ROOT = Path(__file__).resolve().parent.parent
FAQ = ROOT / "examples/shop_faq.jsonl"
CHILD = ROOT / "bench/runtime_child.py"
MODEL = "all-MiniLM-L6-v2"
REFERENCE = "sentence-transformers"
OURS = ("onnxruntime", "tokenizers", "numpy")
FASTEMBED = "fastembed==0.9.1"
NAMED = ("sentence-transformers", "torch", "transformers", "fastembed", *OURS)
RECIPES = ("fp32", "w8", "int8")
DOCUMENTS, QUESTIONS = 1500, 492  # with the eight others: 2,000
ASKED = 300


@dataclass(frozen=True)
class Runtime:
    """What embeds: `kind` as runtime_child knows it, with its own Python and model folder."""

    title: str
    kind: str
    python: Path
    folder: Path


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.runtimes", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.runtimes", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default: 3)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/runtimes.json")
    arguments = parser.parse_args(argv)
    texts = builtin_texts(DOCUMENTS, QUESTIONS)
    with tempfile.TemporaryDirectory(prefix="fit512-runtimes-") as folder:
        work = Path(folder)
        runtimes = _runtimes(work)
        _write_texts(work, texts, runtimes[-1].folder)
        measured: dict[str, list[dict[str, float]]] = {one.title: [] for one in runtimes}
        for number in range(arguments.runs):
            for one in runtimes:
                found = _measure(one, work)
                measured[one.title].append(found)
                say(f"run {number + 1}, {one.title}: {_line(found)}")
        rows = [_row(one, measured[one.title], work, texts) for one in runtimes]
    report = {
        "schema": 1,
        "command": f"python -m bench.runtimes --runs {arguments.runs}",
        "machine": machine(),
        "model": find(MODEL).reference,
        "runs": arguments.runs,
        "texts": f"{texts.count}: {parity.builtin_corpus()}",
        "questions": ASKED,
        "runtimes": rows,
    }
    write_report(arguments.out, report)
    for line in table(report):
        say(line)
    return Exit.OK


def _runtimes(work: Path) -> list[Runtime]:
    torch = os.environ.get("FIT512_TORCH_PYTHON")
    if torch is None or optimum_route.python() is None:
        raise CommandError(
            "FIT512_TORCH_PYTHON and FIT512_EXPORT_PYTHON have to name the Pythons that have"
            " sentence-transformers and optimum: `make torch-env` and `make export-env` make them."
        )
    cache = ROOT / ".cache/runtimes"
    fastembed = make(cache / "fastembed", FASTEMBED)
    ours = make(cache / "ours", *OURS, "-c", str(ROOT / "requirements.txt"))
    weights = work / "weights"
    with find(MODEL).open() as source:
        shutil.copytree(source, weights)
    traced = work / "traced"
    shutil.copytree(weights, traced, ignore=shutil.ignore_patterns("*.safetensors"))
    say("tracing with optimum")
    optimum_route.export_graphs([(weights, traced / "model.onnx")])
    model = read_folder(weights)
    for recipe in RECIPES:
        write_model(model, Origin("folder", "", None, ""), MODEL, recipe, work / recipe)
    return [
        Runtime("sentence-transformers, torch", REFERENCE, Path(torch), weights),
        Runtime("fastembed, fp32", "fastembed", fastembed, traced),
        *(Runtime(f"ours, {recipe}", "ours", ours, work / recipe) for recipe in RECIPES),
    ]


def _write_texts(work: Path, texts: Texts, folder: Path) -> None:
    asked = questions(ASKED, FAQ)
    given = {
        "texts": [*texts.documents, *texts.questions, *texts.others],
        "questions": asked,
        "batch": TextMaker(folder, asked).documents(),
    }
    (work / "texts.json").write_text(json.dumps(given), "utf-8")


def _measure(runtime: Runtime, work: Path) -> dict[str, float]:
    vectors = work / f"{runtime.title}.npy"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)
    given = (runtime.folder, work / "texts.json", vectors)
    command = [str(runtime.python), str(CHILD), runtime.kind, *map(str, given)]
    printed = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=900
    ).stdout
    found: dict[str, float] = json.loads(printed.splitlines()[-1])
    return found


def _row(
    runtime: Runtime, found: Sequence[dict[str, float]], work: Path, texts: Texts
) -> dict[str, Any]:
    reference = _unit(np.load(work / "sentence-transformers, torch.npy"))
    vectors = _unit(np.load(work / f"{runtime.title}.npy"))
    return {
        "title": runtime.title,
        "versions": versions_in(runtime.python, NAMED),
        "installed_mib": round(size_mib(site_of(runtime.python)), 1),
        **summarize(found),
        "parity": parity.compare(reference, vectors, texts, parity.builtin_corpus()).settings(),
    }


def _unit(vectors: parity.Floats) -> parity.Floats:
    found: parity.Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def _line(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in found.items())


if __name__ == "__main__":
    raise SystemExit(main())
