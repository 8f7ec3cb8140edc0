"""`python -m bench.conversion`: how long the rules take over 40,000 lines of Python.

The repository is made of five copies of the example and of this project's own code, as often as
needed: every rule finds work in it. Each run is a fresh `python -m tools.migrate check`. Writes
reports/conversion.json; exit code 1 when the median is over 20 s.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.machine import machine, versions
from bench.output import say, write_report
from bench.summary import summarize
from vectorstore.commandline import CommandError, Exit, run

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples/legacy_shop"
OWN = ("bench", "service", "tests", "tools", "vectorstore")
EXAMPLES = 5
LINES, WITHIN_S = 40_000, 20.0
WOULD_CHANGE = 1  # exit code of `check`


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.conversion", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.conversion", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs (default: 3)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/conversion.json")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="fit512-conversion-") as folder:
        lines = make(Path(folder), LINES)
        measured = []
        for number in range(arguments.runs):
            measured.append(_measure(Path(folder)))
            say(f"run {number + 1}: {lines:,} lines, {measured[-1]}")
    figures = summarize(measured)
    report = {
        "schema": 1,
        "command": f"python -m bench.conversion --runs {arguments.runs}",
        "machine": machine(),
        "versions": versions(("libcst",)),
        "runs": arguments.runs,
        "lines": lines,
        **figures,
    }
    write_report(arguments.out, report)
    return Exit.OK if figures["wall_s"]["median"] <= WITHIN_S else Exit.NO


def make(folder: Path, lines: int) -> int:
    """Fill `folder` with at least so many lines of Python; returns how many."""
    written = 0
    for number in range(EXAMPLES):
        shutil.copytree(EXAMPLE, folder / f"shop{number}")
        written += sum(map(_lines, (folder / f"shop{number}").rglob("*.py")))
    for number in itertools.count():
        for source in _own():
            if written >= lines:
                return written
            target = folder / f"part{number}" / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            written += _lines(source)
    raise AssertionError("itertools.count does not end")


def _own() -> Iterator[Path]:
    for name in OWN:
        yield from sorted((ROOT / name).rglob("*.py"))


def _lines(file: Path) -> int:
    return len(file.read_bytes().splitlines())


def _measure(folder: Path) -> dict[str, Any]:
    started, before = time.perf_counter(), _children()
    command = [sys.executable, "-m", "tools.migrate", "check", str(folder), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != WOULD_CHANGE:
        raise CommandError(f"check ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    after = _children()
    return {
        "wall_s": time.perf_counter() - started,
        "processor_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_rss_mib": after.ru_maxrss / 1024,
    }


def _children() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_CHILDREN)


if __name__ == "__main__":
    raise SystemExit(main())
