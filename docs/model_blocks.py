"""The tables of models in the documentation, from reports/models.json. Called by cog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
NAMES = {
    "bert": "BERT",
    "distilbert": "DistilBERT",
    "roberta": "RoBERTa",
    "xlm-roberta": "XLM-RoBERTa",
    "mpnet": "MPNet",
    "t5": "T5 encoder",
}
ROUTES, RECIPES = ("direct", "optimum"), ("fp32", "w8", "int8")


def model_matrix() -> str:
    """Architecture x route x recipe: the smallest cosine to sentence-transformers."""
    report = json.loads((ROOT / "reports/models.json").read_text("utf-8"))
    columns = [(route, recipe) for route in ROUTES for recipe in RECIPES]
    head = ["| model | " + " | ".join(f"{route}, {recipe}" for route, recipe in columns) + " |"]
    head.append("| --- |" + " --- |" * len(columns))
    models: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for row in report["rows"]:
        models.setdefault(row["model"], {})[row["route"], row["recipe"]] = row
    lines = [
        f"| {_title(cells[columns[0]])} | "
        + " | ".join(_cosine(cells[column]["minimum"]) for column in columns)
        + " |"
        for cells in models.values()
    ]
    used = report["versions"]
    note = (
        f"Smallest cosine to {report['reference']} ({used['sentence_transformers']}, torch"
        f" {used['torch']}) over the texts of each model. {report['model']} is the real one; the others"
        " are random, 128 wide, of two layers: what eight bits do to them says that nothing is broken,"
        " not what a trained model loses; `export --compare` measures that of yours."
        f" `{report['command']}`, {report['machine']['measured']}."
    )
    return "\n".join([*head, *lines, "", note])


def _title(row: dict[str, Any]) -> str:
    if row["model"] not in NAMES and row["texts"] > 100:
        return f"**{row['model']}** ({NAMES[row['architecture']]})"
    parts = [row["pooling"]]
    parts += [name for name in ("dense", "prefixes") if row[name]]
    parts += ["normalized"] if row["normalize"] else []
    gated = ", gated" if row["model"].endswith("gated") else ""
    return f"{NAMES[row['architecture']]}{gated}: {', '.join(parts)}"


def _cosine(value: float) -> str:
    return "1.000000" if value >= 0.9999995 else f"{value:.4f}"
