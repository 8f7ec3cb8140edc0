"""The report of `bench.recipes` as a Markdown table."""

from __future__ import annotations

from typing import Any

# Figure -> its name in the table and its digits. Memory is what comes on top of the imports.
ROWS = {
    "load_ms": ("load, ms", 0),
    "rss_mib": ("RSS after 2,000 questions, MiB", 1),
    "anonymous_mib": ("of it anonymous, MiB", 1),
    "documents_peak_mib": ("highest while embedding 500 texts, MiB", 0),
    "question_p50_ms": ("a question, ms on the processor", 2),
    "documents_s": ("500 texts, s on the processor", 1),
}


def table(report: dict[str, Any]) -> list[str]:
    """A column for each recipe, and one for plain onnxruntime, of which only the batch is known."""
    recipes = report["recipes"]
    lines = ["| | " + " | ".join(recipes) + " |", "| --- |" + " --- |" * len(recipes)]
    for key, (name, digits) in ROWS.items():
        cells = [
            f"{found[key]['median']:.{digits}f}" if key in found else "–"
            for found in recipes.values()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines
