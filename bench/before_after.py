"""`python -m bench.before_after CHECKOUT`: the legacy repository, the converted one, and our service.

CHECKOUT is the reference repository (sairamsatvik-1/myshop-chatbot-api at 24a8007). Each run is a
fresh process on a cold cache, the sides and the limits alternately: left alone for a second, asked
200 questions one at a time, then 240 over eight visitors, eight at a time. All questions differ; the
language model is the local upstream with 50 ms until its first word. A side that is killed, or that
takes too long, is a result. Writes reports/before_after.json.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.before_after_table import table
from bench.machine import SERVICE_CODE, content, machine
from bench.output import say, write_report
from bench.questions import questions
from bench.service import FAQ, ROOT
from bench.side_run import AT_ONCE, FIGURES, LATENCY_MS, ONE_AT_A_TIME, VISITORS, measure
from bench.sides import REPOSITORY, Side, make
from bench.summary import summarize
from tools.limits import format_mib
from vectorstore.commandline import Exit, run

# The roomy one stands for no limit; it is one so that the kernel counts the working set.
LIMITS_MIB = (8192.0, 512.0)


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.before_after", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.before_after", description=__doc__)
    parser.add_argument("checkout", type=Path, help="the reference repository")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default: 3)")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache/before_after", metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/before_after.json")
    arguments = parser.parse_args(argv)
    sides = make(arguments.checkout.resolve(), arguments.work.resolve(), say)
    asked = questions(ONE_AT_A_TIME + AT_ONCE, FAQ)
    measured = _measure_all(sides, asked, arguments.runs)
    report = _report(sides, measured, arguments.runs)
    write_report(arguments.out, report)
    for line in table(report):
        say(line)
    return Exit.OK


def _measure_all(
    sides: Sequence[Side], asked: Sequence[str], runs: int
) -> dict[tuple[str, float], list[dict[str, Any]]]:
    measured: dict[tuple[str, float], list[dict[str, Any]]] = {
        (side.name, limit): [] for limit in LIMITS_MIB for side in sides
    }
    with tempfile.TemporaryDirectory(prefix="fit512-before-after-") as folder:
        for number in range(runs):
            for limit_mib in LIMITS_MIB:
                for side in sides:
                    found = measure(side, limit_mib, asked, Path(folder) / f"{side.name}.log")
                    measured[side.name, limit_mib].append(found)
                    say(f"run {number + 1}, {side.title}, {format_mib(limit_mib)}: {_line(found)}")
    return measured


def _report(
    sides: Sequence[Side],
    measured: dict[tuple[str, float], list[dict[str, Any]]],
    runs: int,
) -> dict[str, Any]:
    return {
        "schema": 1,
        "command": f"python -m bench.before_after CHECKOUT --runs {runs}",
        "repository": REPOSITORY,
        "machine": machine(),
        "content": content((*SERVICE_CODE, "tools/migrate")),
        "runs": runs,
        "load": {
            "questions": ONE_AT_A_TIME + AT_ONCE,
            "at_a_time": VISITORS,
            "upstream_latency_ms": LATENCY_MS,
        },
        "sides": [
            {
                "name": side.name,
                "title": side.title,
                "installed_mib": round(side.installed_mib, 1),
                "packages": side.packages(),
                "limits": {
                    format_mib(limit): _figures(measured[side.name, limit]) for limit in LIMITS_MIB
                },
            }
            for side in sides
        ],
    }


def _figures(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "enforcement": found[-1]["enforcement"],
        "ended": [one["ended"] for one in found],
        **summarize([{name: one[name] for name in FIGURES} for one in found]),
    }


def _line(found: dict[str, Any]) -> str:
    reached = [f"{name} {value:.1f}" for name, value in found.items() if isinstance(value, float)]
    return ", ".join([*([found["ended"]] if found["ended"] else []), *reached])


if __name__ == "__main__":
    raise SystemExit(main())
