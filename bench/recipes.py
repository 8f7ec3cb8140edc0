"""`python -m bench.recipes`: what each recipe costs, and how near it comes to fp32.

Each run is a fresh process on a cold cache, the recipes alternately: the model is loaded, asked
2,000 different questions, and given 500 documents of 3 to 250 tokens. Memory is what comes on top
of a process that has its imports and its tokenizer; time, but for the load, is that on the
processor, with one thread. Beside them stands plain onnxruntime, fp32, in batches of 32. Writes
reports/recipes.json; exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.machine import MODEL_CODE, content, machine, versions
from bench.questions import questions
from bench.summary import summarize
from bench.text_maker import TextMaker
from tools.limits import evict
from tools.migrate.export import parity
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import read_folder
from tools.migrate.export.recipes import RECIPES
from tools.migrate.export.sources import find
from tools.migrate.export.texts import builtin_texts
from vectorstore.commandline import Exit, run

ROOT = Path(__file__).resolve().parent.parent
FAQ = ROOT / "examples/shop_faq.jsonl"
MODEL = "all-MiniLM-L6-v2"
PLAIN = "plain onnxruntime fp32, batches of 32"
QUESTIONS = 2000
CORPUS = (3000, 500)
BATCHES = ((1, 64), (1, 250), (32, 16), (32, 64))

# Issue 2 of the project set these for w8: figure -> (the sign, the target).
TARGETS = {
    "load_ms": ("<", 200),
    "rss_mib": ("<=", 50),
    "anonymous_mib": ("<=", 30),
    "documents_peak_mib": ("<=", 40),
}
FASTER = ("question_p50_ms", *(f"batch_{count}x{tokens}_ms" for count, tokens in BATCHES))
# Two runs of the same on one machine differ by so much: not slower means within it.
NOISE = 1.05


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.recipes", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.recipes", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each recipe (default: 5)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/recipes.json")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="fit512-recipes-") as work:
        folders = _export(Path(work))
        texts = _texts(folders["fp32"])
        (Path(work) / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        measured: dict[str, list[dict[str, float]]] = {name: [] for name in (*folders, PLAIN)}
        for number in range(arguments.runs):
            for name, found in measured.items():
                found.append(_measure(name, folders, Path(work) / "texts.json"))
                _say(f"run {number + 1}, {name}: {_line(found[-1])}")
        figures = {name: summarize(found) for name, found in measured.items()}
        report = _report(figures, _parity(folders), texts, arguments.runs)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for line in report["verdict"]:
        _say(line)
    return Exit.OK if all(line.startswith("ok") for line in report["verdict"]) else Exit.NO


def _export(work: Path) -> dict[str, Path]:
    source = find(MODEL)
    origin = Origin(source.kind, source.reference, None, source.weights_sha256 or "")
    with source.open() as path:
        model = read_folder(path)
        for recipe in RECIPES:
            write_model(model, origin, MODEL, recipe, work / recipe)
    return {recipe: work / recipe for recipe in RECIPES}


def _texts(folder: Path) -> dict[str, Any]:
    """2,000 different questions; 500 documents and some batches, made of the questions' words."""
    asked = questions(QUESTIONS, FAQ)
    texts = TextMaker(folder, asked)
    return {
        "questions": asked,
        "documents": texts.documents(),
        "batches": {
            f"batch_{count}x{tokens}_ms": [texts.of(tokens) for _ in range(count)]
            for count, tokens in BATCHES
        },
    }


def _measure(name: str, folders: dict[str, Path], texts: Path) -> dict[str, float]:
    kind, folder = ("plain", folders["fp32"]) if name == PLAIN else ("recipe", folders[name])
    evict([folder])
    command = [sys.executable, "-m", "bench.recipe_child", kind, str(folder), str(texts)]
    found: dict[str, float] = json.loads(subprocess.check_output(command, cwd=ROOT))
    return found


def _parity(folders: dict[str, Path]) -> dict[str, Any]:
    texts = builtin_texts(*CORPUS)
    reference = parity.embed(folders["fp32"], texts)
    vectors = parity.embed(folders["w8"], texts)
    return parity.compare(reference, vectors, texts, parity.builtin_corpus()).settings()


def _report(
    figures: dict[str, Any], found: dict[str, Any], texts: dict[str, Any], runs: int
) -> dict[str, Any]:
    return {
        "schema": 1,
        "command": f"python -m bench.recipes --runs {runs}",
        "machine": machine(),
        "versions": versions(("numpy", "onnx", "onnxruntime", "tokenizers")),
        "content": content(MODEL_CODE),
        "model": find(MODEL).reference,
        "runs": runs,
        "questions": len(set(texts["questions"])),
        "documents": len(texts["documents"]),
        "recipes": figures,
        "parity_of_w8": found,
        "verdict": _verdict(figures, found),
    }


def _verdict(figures: dict[str, Any], found: dict[str, Any]) -> list[str]:
    def median(name: str, figure: str) -> float:
        value: float = figures[name][figure]["median"]
        return value

    lines = [_judge(name, median("w8", name), *target) for name, target in TARGETS.items()]
    for name in FASTER:
        times = median("w8", name) / median("fp32", name)
        lines.append(_judge(f"{name}, times fp32's", times, "<=", NOISE))
    for recipe in RECIPES:
        times = median(recipe, "documents_s") / median(PLAIN, "documents_s")
        lines.append(_judge(f"documents_s of {recipe}, times {PLAIN}'s", times, "<=", NOISE))
    bar = parity.Bar()
    for name, least in (("overlap", bar.overlap), ("p01", bar.p01), ("minimum", bar.cosine)):
        lines.append(_judge(f"parity {name}", found[name], ">=", least))
    return lines


def _judge(name: str, value: float, sign: str, target: float) -> str:
    good = {"<": value < target, "<=": value <= target, ">=": value >= target}[sign]
    return f"{'ok' if good else 'MISSED'}: {name} {value:.5g} (target {sign} {target:g})"


def _line(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in found.items())


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
