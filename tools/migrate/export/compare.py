"""`export MODEL --compare`: what each recipe costs and how near it comes, before one is chosen."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.limits import evict
from tools.migrate.export import parity
from tools.migrate.export.export import Request, Say, texts_for, with_graph
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.recipes import RECIPES
from tools.migrate.export.routes import choose
from tools.migrate.export.weights import sha256_of
from vectorstore.commandline import CommandError

ROOT = Path(__file__).resolve().parents[3]
TIMEOUT_S = 1800


@dataclass(frozen=True)
class Row:
    """One recipe: its files, a fresh process with this model alone, and its answers beside fp32's.

    `question_ms` is the median; `overlap`, `mean` and `minimum` are those of `parity.Parity`;
    `below` says in words what is below the bar.
    """

    recipe: str
    file_mib: float
    rss_mib: float
    anonymous_mib: float | None
    question_ms: float
    overlap: float
    mean: float
    minimum: float
    below: tuple[str, ...]

    def settings(self) -> dict[str, object]:
        """The row as JSON."""
        return asdict(self)


def compare_recipes(request: Request, say: Say) -> list[Row]:
    """Export every recipe to a temporary folder and measure it; nothing else is written."""
    with (
        request.source.open() as path,
        tempfile.TemporaryDirectory(prefix="fit512-compare-") as work,
    ):
        model = with_graph(choose(path, request.route), Path(work), say)
        origin = Origin(
            request.source.kind, request.source.reference, None, sha256_of(model.identity)
        )
        folders = {}
        for recipe in RECIPES:
            say(f"writing {recipe}")
            folders[recipe] = Path(work) / recipe
            write_model(model, origin, request.source.name, recipe, folders[recipe])
        texts, corpus = texts_for(request, model.shape)
        asked = Path(work) / "texts.json"
        asked.write_text(json.dumps([*texts.documents, *texts.questions]), encoding="utf-8")
        say(f"comparing on {texts.count} texts")
        reference = parity.embed(folders["fp32"], texts)
        rows = []
        for recipe, folder in folders.items():
            found = parity.compare(reference, parity.embed(folder, texts), texts, corpus)
            say(f"measuring {recipe} in a process of its own")
            rows.append(_row(recipe, folder, asked, found, tuple(found.failed(request.bar))))
    return rows


def _row(
    recipe: str, folder: Path, asked: Path, found: parity.Parity, below: tuple[str, ...]
) -> Row:
    measured = measure(folder, asked)
    size = sum(file.stat().st_size for file in folder.glob("model.onnx*"))
    return Row(
        recipe=recipe,
        file_mib=round(size / 2**20, 3),
        rss_mib=round(measured["rss_mib"] or 0, 1),
        anonymous_mib=measured["anonymous_mib"] and round(measured["anonymous_mib"], 1),
        question_ms=round(measured["question_ms"] or 0, 2),
        overlap=found.overlap,
        mean=found.mean,
        minimum=found.minimum,
        below=below,
    )


def measure(folder: Path, texts: Path) -> dict[str, float | None]:
    """A fresh process on a cold cache loads the model and embeds the texts one at a time."""
    evict([folder])
    command = [sys.executable, "-m", "tools.migrate.export.measure", str(folder), str(texts)]
    ran = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise CommandError(f"the process that measures {folder.name} failed: {last}")
    measured: dict[str, float | None] = json.loads(ran.stdout)
    return measured


def as_text(rows: list[Row]) -> str:
    """The table for people; what is below the bar stands under it."""
    head = ("recipe", "file MiB", "RSS MiB", "anonymous", "ms", "top-4", "cosine mean", "minimum")
    table = [head] + [
        (
            row.recipe,
            f"{row.file_mib:.1f}",
            f"{row.rss_mib:.1f}",
            "?" if row.anonymous_mib is None else f"{row.anonymous_mib:.1f}",
            f"{row.question_ms:.2f}",
            f"{row.overlap:.3f}",
            f"{row.mean:.5f}",
            f"{row.minimum:.5f}",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in table) for column in range(len(head))]
    lines = [
        "  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in table
    ]
    lines += [f"{row.recipe} is below the bar: {'; '.join(row.below)}" for row in rows if row.below]
    return "\n".join(lines)
