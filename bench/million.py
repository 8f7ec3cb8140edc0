"""`python -m bench.million`: a million chunks, built, searched, and answered by the service in 512 MiB.

20,000 paragraphs are really embedded, the other vectors are made around them (`bench.million_corpus`).
Each figure is of a fresh process on a cold cache; building has 1 GiB, searching and serving 512 MiB,
enforced where that can be had. Beside it stands what LangChain's FAISS does with the same chunks:
a flat index and pickled texts, both in memory. Writes reports/million.json; exit code 1 when the
kind that a store of this size gets by itself misses a target. Needs 6 GB in .cache, which is emptied
afterwards; the vectors are kept.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench import million_corpus
from bench.machine import SERVICE_CODE, content, machine, versions
from bench.million_service import service_figures
from bench.output import say, write_report
from tools.limits import format_mib, start
from vectorstore.commandline import CommandError, Exit, run
from vectorstore.onnx_embeddings import OnnxEmbeddings

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models/all-MiniLM-L6-v2"
SMALL = ROOT / "stores/shop"
WORK = ROOT / ".cache/million"
REAL, QUESTIONS, TUNED_ON = 20_000, 1_000, 500
# Asked of the service alone: paragraphs of the store, and then, with the clock running, new ones.
WARMING, OTHERS = 2_000, 1_000
KINDS = ("ivf-sq8", "ivf-rabitq")
CHOSEN = "ivf-sq8"  # by a store of this size, by itself
BUILD_MIB, LIMIT_MIB = 1024.0, 512.0


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.million", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.million", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="chunks (default: a million)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/million.json")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--reuse", action="store_true", help="search the stores that --keep left")
    parser.add_argument("--keep", action="store_true", help="leave the stores in .cache")
    arguments = parser.parse_args(argv)
    stored, asked = million_corpus.paragraphs(REAL, QUESTIONS + OTHERS)
    texts, others = stored + asked[:QUESTIONS], asked[QUESTIONS:]
    model = OnnxEmbeddings(MODEL)
    million_corpus.embedded(texts, model, WORK)
    # One at a time, as the service does it: eight bits differ a little from batch to batch.
    np.save(WORK / "asked.npy", np.float32([model.embed_query(text) for text in texts[REAL:]]))
    (WORK / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    stores = WORK / "stores"
    figures: dict[str, Any] = {}
    if arguments.reuse:
        figures = json.loads(arguments.out.read_text("utf-8"))
    else:
        shutil.rmtree(stores, ignore_errors=True)
    try:
        if not arguments.reuse:
            figures = _build(stores, arguments.count, arguments.kinds)
        figures |= _search(stores, arguments.count, texts, others, arguments.kinds)
    finally:
        if not arguments.keep:
            shutil.rmtree(stores, ignore_errors=True)
    report = {
        **figures,
        "schema": 1,
        "command": f"python -m bench.million --kinds {' '.join(arguments.kinds)}",
        "machine": machine(),
        "versions": versions(("faiss-cpu", "numpy", "onnxruntime")),
        "content": content(SERVICE_CODE),
        "runs": 1,
        "chunks": arguments.count,
        "really_embedded": REAL,
        "questions": QUESTIONS,
        "tuned_on": TUNED_ON,
    }
    report["verdict"] = {kind: verdict(report, kind) for kind in arguments.kinds}
    write_report(arguments.out, report)
    for kind, lines in report["verdict"].items():
        for line in lines:
            say(f"{kind}: {line}")
    judged = report["verdict"].get(CHOSEN, [])
    return Exit.OK if all(line.startswith("ok") for line in judged) else Exit.NO


def _build(stores: Path, count: int, kinds: Sequence[str]) -> dict[str, Any]:
    stores.mkdir(parents=True, exist_ok=True)
    step("prepare", stores, count)
    built = {kind: step(f"build:{kind}", stores, count, limit_mib=BUILD_MIB) for kind in kinds}
    step("legacy-write", stores, count)
    limits = {"without_limit": None, format_mib(LIMIT_MIB): LIMIT_MIB}
    legacy = {name: step("legacy", stores, count, limit_mib=mib) for name, mib in limits.items()}
    return {"build": built, "legacy": legacy}


def _search(
    stores: Path, count: int, texts: list[str], others: list[str], kinds: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """As built; then tuned on half of the real questions. The other half measures both."""
    found: dict[str, dict[str, Any]] = {
        name: {} for name in ("embedded_alone", "search", "service", "tune", "tuned")
    }
    true = np.load(stores / "questions.npz")["real_true"].tolist()[TUNED_ON:]
    for kind in kinds:
        found["embedded_alone"][kind] = step(f"alone:{kind}", stores, count)
        found["search"][kind] = step(f"search:{kind}", stores, count, limit_mib=LIMIT_MIB)
        found["service"][kind] = service_figures(
            MODEL,
            stores / kind,
            SMALL,
            texts[REAL + TUNED_ON :],
            true,
            LIMIT_MIB,
            warming=texts[: REAL : REAL // WARMING],
            others=others,
        )
        say(f"service, {kind}: {found['service'][kind]}")
        found["tune"][kind] = step(f"tune:{kind}", stores, count)
        found["tuned"][kind] = step(f"search:{kind}", stores, count, limit_mib=LIMIT_MIB)
    return found


def step(name: str, stores: Path, count: int, *, limit_mib: float | None = None) -> dict[str, Any]:
    """What one fresh process measures; where it was killed, that."""
    command = [sys.executable, "-m", "bench.million_steps", name, str(stores), str(count)]
    out = stores / "step.json"
    out.unlink(missing_ok=True)
    started = time.perf_counter()
    with start(command, limit_mib=limit_mib, cwd=ROOT, cold=[stores]) as process:
        code = process.wait()
        peak = process.peak()
        found: dict[str, Any] = json.loads(out.read_text()) if out.exists() else {}
        found |= {
            "seconds": round(time.perf_counter() - started, 1),
            "peak_anonymous_mib": peak.anonymous_mib and round(peak.anonymous_mib, 1),
            "peak_working_set_mib": peak.working_set_mib and round(peak.working_set_mib, 1),
            "killed": process.oom_killed,
            "enforcement": str(process.enforcement),
        }
    if code and not found["killed"]:
        raise CommandError(f"{name} ended with {code}; its reason stands above.")
    say(f"{name}: {found}")
    return found


def verdict(report: dict[str, Any], kind: str) -> list[str]:
    """One line for each target, of one kind of index."""
    searched, built = report["search"][kind], report["build"][kind]
    served = report["service"][kind]
    growth = served["anonymous_growth_mib"] / (report["chunks"] / 1000)
    targets = [
        ("recall@10, made questions", searched["recall_made"], ">=", 0.95),
        ("recall@10, real questions", searched["recall_real"], ">=", 0.95),
        ("recall@10 of the service's answers", served["recall"], ">=", 0.95),
        ("median search, warm, ms", searched["p50_ms"], "<", 5.0),
        ("median search in the service, warm, ms", served["search"]["p50_ms"], "<", 5.0),
        ("anonymous MiB per 1,000 chunks", round(growth, 4), "<=", 0.1),
        ("building, anonymous MiB at most", built["peak_anonymous_mib"], "<=", BUILD_MIB),
        ("cold start of the service, s", served["ready_s"], "<=", 3.0),
        ("building, killed for memory", int(built["killed"]), "<=", 0),
        ("killed for memory", int(served["killed"] or searched["killed"]), "<=", 0),
    ]
    return [_line(*target) for target in targets]


def _line(what: str, value: float, sign: str, bar: float) -> str:
    met = {">=": value >= bar, "<=": value <= bar, "<": value < bar}[sign]
    return f"{'ok' if met else 'MISSED'}: {what}: {value} ({sign} {bar:g})"


if __name__ == "__main__":
    raise SystemExit(main())
