"""The report of `bench.runtimes` as a Markdown table."""

from __future__ import annotations

from typing import Any

HEAD = (
    "| runtime | installed | RSS, loaded | peak, 300 questions | peak, batch of 500"
    " | question | batch | top 4 kept | cosine, mean and lowest |"
)


def table(report: dict[str, Any]) -> list[str]:
    """A line for each runtime: medians; MiB, and times as multiples of the first one's."""
    rows = report["runtimes"]
    return [HEAD, "|" + " --- |" * (HEAD.count("|") - 1), *(_line(row, rows[0]) for row in rows)]


def _line(row: dict[str, Any], first: dict[str, Any]) -> str:
    parity = row["parity"]
    memory = ("rss_mib", "questions_peak_mib", "batch_peak_mib")
    cells = [
        row["title"],
        f"{row['installed_mib']:,.0f} MiB",
        *(f"{row[name]['median']:,.0f} MiB" for name in memory),
        f"{row['question_p50_ms']['median']:.1f} ms",
        f"{row['batch_s']['median'] / first['batch_s']['median']:.2f}x",
        f"{parity['overlap']:.3f}",
        f"{parity['mean']:.4f}, {parity['minimum']:.4f}",
    ]
    return "| " + " | ".join(cells) + " |"
