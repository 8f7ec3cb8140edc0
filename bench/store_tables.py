"""Tables for docs/vectorstore.md from reports/store.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

REPORT = Path(__file__).resolve().parent.parent / "reports/store.json"
FIGURES = {"rss_mib": "{:.1f}", "anonymous_mib": "{:.1f}", "p50_ms": "{:.2f}"}


def formats() -> str:
    """Every format of both corpora: median (lowest to highest) of the runs."""
    report: dict[str, Any] = json.loads(REPORT.read_text("utf-8"))
    sample, corpora = report["sample"], report["corpora"]
    rows = [_row(name, found) for name, found in report["formats"].items()]
    return "\n".join(
        [
            "| vectors | index | file, MiB | RSS, MiB | of it anonymous | ms | recall@10 |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            f"Medians of {report['runs']} runs, each a fresh process, with the lowest and the highest"
            f" in brackets; {report['machine']['processor']}, one thread. MiB are what opening the"
            f" store and {corpora['questions']} searches add. *docstrings*: {corpora['docstrings']:,}"
            " paragraphs of the standard library's docstrings, embedded with the default model, and"
            f" {corpora['questions']} others as questions; *random*: {corpora['random']:,} random"
            " unit vectors, for memory and time (their recall says nothing about texts). The sample"
            f" store as sq8, {sample['documents']} documents: recall@10 {sample['recall_at_10']:.3f},"
            f" scores within {sample['score_error']:.4f}. `python -m bench.store` measures again.",
        ]
    )


def _row(name: str, found: dict[str, Any]) -> str:
    corpus, kind = name.split("/")
    cells = [_cell(found[figure], form) for figure, form in FIGURES.items()]
    recall = f"{found['recall_at_10']['median']:.3f}"
    return f"| {corpus} | {kind} | {found['index_mib']:.1f} | {' | '.join(cells)} | {recall} |"


def _cell(figure: dict[str, Any], form: str) -> str:
    numbers = (form.format(figure[which]) for which in ("median", "min", "max"))
    median, low, high = numbers
    return f"{median} ({low} to {high})"
