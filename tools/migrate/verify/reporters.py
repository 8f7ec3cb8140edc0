"""The proof as a table for a person and as a dictionary for `reports/migrate.json`."""

from __future__ import annotations

import io
import sys
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tools.migrate.verify.proof import Proof
from tools.migrate.verify.spec import Result
from tools.migrate.verify.steps import Status, Step, broken_before, passed, verdict

WIDTH = 110  # where there is no terminal to ask
MARKS = {Status.PASS: "✓", Status.FAIL: "✗", Status.NOT_APPLICABLE: "–", Status.NOT_RUN: "·"}
UNASKED = (
    "it starts inside the limit; no question was asked, so nothing shows that model and store load"
)
UNSTARTED = "it was not started, so no question was asked"


def as_json(proof: Proof) -> dict[str, Any]:
    """`run` holds figures, None where the app was not run; `asked` is whether it was asked a question."""
    return {
        "verdict": "pass" if passed(proof.steps) else "fail",
        "asked": _was_asked(proof),
        "broken_before": broken_before(proof.steps),
        "app": str(proof.app.path) if proof.app else None,
        "steps": [asdict(step) for step in proof.steps],
        "run": asdict(proof.run) if proof.run else None,
        "before": proof.before,
        "torch_stays": proof.torch_stays,
    }


def from_json(data: dict[str, Any]) -> Proof:
    """The steps and figures of what `as_json` gave."""
    steps = [Step(**{**step, "status": Status(step["status"])}) for step in data["steps"]]
    run = Result(**data["run"]) if data["run"] else None
    return Proof(steps, run, before=data.get("before"), torch_stays=data.get("torch_stays"))


def outcome(proof: Proof) -> str:
    """The verdict, with what a pass does not show and why torch stays after a failure."""
    if not passed(proof.steps):
        return "; ".join(filter(None, [verdict(proof.steps), proof.torch_stays]))
    if _was_asked(proof):
        return verdict(proof.steps)
    started = proof.run is not None and proof.run.ready_s is not None
    return f"pass: {UNASKED if started else UNSTARTED}"


def figures(proof: Proof) -> list[tuple[str, str]]:
    """Rows (what, value with unit) of the table in the issue's order; only what was measured."""
    rows = []
    measured = {name: value for step in proof.steps for name, value in step.figures.items()}
    if "installed_mib" in measured:
        rows.append(("installed", f"{measured['installed_mib']:.0f} MiB"))
    if proof.run and proof.run.ready_s is not None:
        rows.append(("ready after", f"{proof.run.ready_s:.1f} s"))
        rows += _memory_rows(proof.run)
        rows += [
            (f"answer time, {when}", f"p50 {ms['p50']:.0f} ms, p95 {ms['p95']:.0f} ms")
            for when, ms in proof.run.latency_ms.items()
        ]
    return rows


def as_markdown(proof: Proof) -> str:
    """The same two tables for a pull request."""
    steps = [
        f"| {MARKS[s.status]} {s.status} | {s.name} | {_cell(s.sentence)} |" for s in proof.steps
    ]
    measured = [f"| {what} | {value} |" for what, value in figures(proof)]
    lines = [f"## Proof: {outcome(proof)}", ""]
    lines += ["| | step | result |", "| --- | --- | --- |", *steps, ""]
    if measured:
        lines += ["| figure | measured |", "| --- | --- |", *measured, ""]
    return "\n".join(lines)


def print_proof(proof: Proof) -> None:
    """The steps, the figures and the verdict on stdout."""
    _draw(proof, Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH))


def render(proof: Proof) -> str:
    """What `print_proof` prints where there is no terminal."""
    console = Console(highlight=False, width=WIDTH, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        _draw(proof, console)
    return "\n".join(line.rstrip() for line in capture.get().strip("\n").splitlines())


def _draw(proof: Proof, console: Console) -> None:
    steps = Table("", "step", "result", box=box.SIMPLE_HEAD, pad_edge=False)
    for step in proof.steps:
        steps.add_row(MARKS[step.status], step.name, step.sentence)
    console.print(steps)
    rows = figures(proof)
    if rows:
        table = Table("figure", "measured", box=box.SIMPLE_HEAD, pad_edge=False)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    if proof.run and proof.run.warning:
        console.print(f"warning: {proof.run.warning}")
    said = outcome(proof)
    console.print(f"verdict: {said[:4].upper()}{said[4:]}")


def _was_asked(proof: Proof) -> bool:
    return proof.run is not None and (proof.run.asked > 0 or proof.run.session_asked)


def _cell(text: str) -> str:
    """A text as one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def _memory_rows(run: Result) -> list[tuple[str, str]]:
    rows = []
    for when, memory in run.memory.items():
        parts = [
            f"{label} {memory[key]:.0f}"
            for label, key in (
                ("RSS", "rss_mib"),
                ("anonymous", "anonymous_mib"),
                ("working set", "working_set_mib"),
                ("kernel peak", "cgroup_peak_mib"),
            )
            if memory.get(key) is not None and (key != "cgroup_peak_mib" or when == "peak")
        ]
        rows.append((f"RAM {when}", ", ".join(parts) + " MiB"))
    return rows
