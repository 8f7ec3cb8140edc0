"""What `export --compare` prints: a Markdown table, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from tools.migrate.export import measure
from tools.migrate.export.compare import Comparison, NotMeasured, Row

SCHEMA = 1


def as_json(asked: Comparison, rows: Sequence[Row | NotMeasured]) -> str:
    """Every figure of every model, and what they were measured with."""
    labelled = asked.labelled
    return json.dumps(
        {
            "schema": SCHEMA,
            "runs": measure.RUNS,
            "k": asked.k,
            "labelled": {
                "name": labelled.name,
                "questions": len(labelled.questions),
                "passages": len(labelled.passages),
            },
            "models": [asdict(row) for row in rows if isinstance(row, Row)],
            "not_measured": {
                row.model: row.not_measured for row in rows if isinstance(row, NotMeasured)
            },
        }
    )


def as_text(asked: Comparison, rows: Sequence[Row | NotMeasured]) -> str:
    """The table, and under it why a model is not in it and what lies below the bar."""
    measured = [row for row in rows if isinstance(row, Row)]
    labelled = asked.labelled
    notes = [
        f"{len(labelled.questions)} questions about {len(labelled.passages)} passages"
        f" ({labelled.name}); MiB and ms: medians of {measure.RUNS} fresh processes on a cold cache."
    ]
    notes += [
        f"{row.model}, {row.recipe}, is below the bar: {'; '.join(row.below)}"
        for row in measured
        if row.below
    ]
    notes += [
        f"{row.model}: not measured: {row.not_measured}"
        for row in rows
        if isinstance(row, NotMeasured)
    ]
    return "\n".join([*(markdown(measured, asked.k) if measured else []), *notes])


def markdown(rows: Sequence[Row], k: int) -> list[str]:
    """The lines of a Markdown table, its columns aligned for the terminal."""
    head = ("model", "recipe", "file MiB", "peak MiB", "anonymous", "ms", f"recall@{k}", "MRR")
    table = [(*head, "top-4 as fp32", "lowest cosine"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, cells, widths)) + " |" for cells in table]
    return [lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]]


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.model,
        row.recipe,
        f"{row.file_mib:.1f}",
        f"{row.peak_mib:.1f}",
        "?" if row.anonymous_mib is None else f"{row.anonymous_mib:.1f}",
        f"{row.question_ms:.2f}",
        f"{row.recall:.3f}",
        f"{row.mrr:.3f}",
        "" if row.overlap is None else f"{row.overlap:.3f}",
        "" if row.minimum is None else f"{row.minimum:.4f}",
    )
