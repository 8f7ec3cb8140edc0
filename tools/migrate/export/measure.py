"""What a model takes in a process of its own: memory, and time for a question."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.limits import evict
from vectorstore.commandline import CommandError

ROOT = Path(__file__).resolve().parents[3]
TIMEOUT_S = 1800
RUNS = 3


@dataclass(frozen=True)
class Taken:
    """Medians of `RUNS` processes that load the model and embed the texts one at a time.

    `peak_mib`: the most memory the process had, interpreter and libraries included, of which
    `anonymous_mib` at the end is backed by no file (None where the system does not tell).
    `question_ms`: of one text, the median, on the processor: what else runs does not count.
    """

    peak_mib: float
    anonymous_mib: float | None
    question_ms: float


def measure(folder: Path, texts: Path) -> Taken:
    """Measure the model in `folder` on a cold cache. Raises CommandError where it does not run."""
    runs = [_run(folder, texts) for _ in range(RUNS)]
    peak, question = (
        statistics.median(run[name] or 0 for run in runs) for name in ("peak_mib", "question_ms")
    )
    anonymous = [run["anonymous_mib"] for run in runs if run["anonymous_mib"] is not None]
    held = round(statistics.median(anonymous), 1) if anonymous else None
    return Taken(round(peak, 1), held, round(question, 2))


def _run(folder: Path, texts: Path) -> dict[str, float | None]:
    evict([folder])
    command = [sys.executable, "-m", "tools.migrate.export.measure_child", str(folder.resolve())]
    ran = subprocess.run(
        [*command, str(texts)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise CommandError(f"the process that measures {folder.name} failed: {last}")
    measured: dict[str, float | None] = json.loads(ran.stdout)
    return measured
