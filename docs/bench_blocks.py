"""Generated parts about the benchmarks; called by cog as docs/blocks.py is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import before_after_table, recipes_table, runtimes_table

ROOT = Path(__file__).parent.parent
TARGET = "512 MiB"


def before_after(only: str | None = None) -> str:
    """The four sides; `only` one limit of them."""
    measured = _report("before_after")
    load = measured["load"]
    versions = {name: v for side in measured["sides"][:1] for name, v in side["packages"].items()}
    note = (
        f"{measured['repository']}, with torch {versions['torch']} (its own pin names a build with"
        " CUDA libraries, which is larger) and sentence-transformers"
        f" {versions['sentence-transformers']}; the same embedding weights on all sides."
        f" {_runs(measured)}, the sides and limits alternately, on a cold cache;"
        f" {load['questions']} different questions, then {load['at_a_time']} at a time; a local"
        f" upstream with {load['upstream_latency_ms']} ms until its first word, on the same"
        f" {measured['machine']['cores']} cores. Working sets are what a host's limit counts."
    )
    return "\n".join([*before_after_table.table(measured, only), "", f"{note} {made(measured)}"])


def runtimes() -> str:
    measured = _report("runtimes")
    named = {
        name: version for row in measured["runtimes"] for name, version in row["versions"].items()
    }
    note = (
        "The same weights (all-MiniLM-L6-v2), one thread, each run a fresh process in an environment"
        f" of its own, the runtimes alternately; {_runs(measured).lower()}. The batch is 500 texts of 3"
        " to 250 tokens, given as one list and cut by each runtime as it does by default; its time is"
        " a multiple of the first one's. The last two columns compare the vectors of"
        f" {measured['texts']} with those of sentence-transformers, whose top 4 documents count as"
        f" right. {', '.join(f'{name} {version}' for name, version in named.items())}."
    )
    return "\n".join([*runtimes_table.table(measured), "", f"{note} {made(measured)}"])


def recipes() -> str:
    measured = _report("recipes")
    parity = measured["parity_of_w8"]
    note = (
        "Memory is what comes on top of a process with its imports and its tokenizer."
        f" {_runs(measured)}, the recipes alternately. w8 keeps {parity['overlap']:.1%} of fp32's top 4"
        f" documents; its cosines to fp32 have a mean of {parity['mean']:.5f}, a first percentile of"
        f" {parity['p01']:.5f} and a minimum of {parity['minimum']:.4f} over {parity['texts']:,} texts."
    )
    return "\n".join([*recipes_table.table(measured), "", f"{note} {made(measured)}"])


def conversion() -> str:
    measured = _report("conversion")
    return (
        f"`check` takes {measured['wall_s']['median']:.0f} s"
        f" ({measured['processor_s']['median']:.0f} s of one core) and at most"
        f" {measured['peak_rss_mib']['median']:.0f} MiB for {measured['lines']:,} lines of Python in"
        f" which every rule finds work. {made(measured)}"
    )


def _runs(measured: dict[str, Any]) -> str:
    runs = measured["runs"]
    return "One run" if runs == 1 else f"Median of {runs} runs (lowest to highest)"


def made(measured: dict[str, Any]) -> str:
    machine = measured["machine"]
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['measured']}:"
        f" `{measured['command']}`."
    )


def _report(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / f"reports/{name}.json").read_text("utf-8"))
    return found
