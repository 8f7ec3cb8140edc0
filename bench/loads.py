"""`python -m bench.loads [NAME…]`: the load tests whose figures docs/loadtests.md shows.

Each is one `python -m loadtests` on a cold cache. What each came to is kept in the work folder, and
reports/load.json is made of all that is there. `--list` names them. With REFERENCE=checkout of the
reference repository (see bench.before_after) it and its converted copy are loaded, too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.load_cases import Case, cases
from bench.machine import machine
from bench.output import say, write_report
from bench.service import ROOT
from tools.limits.content import content_sha256
from vectorstore.commandline import CommandError, Exit, run

SERVICE = ["requirements.txt", "service", "vectorstore"]
# Curves stay in the work folder.
DROPPED = ("series", "compared", "machine", "versions", "schema", "command", "target")


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.loads", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.loads", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all)")
    parser.add_argument("--list", action="store_true", help="name them and end")
    parser.add_argument("--collect", action="store_true", help="run none, only write the report")
    parser.add_argument("--soak", default="30m", help="length of the soaks (default: 30m)")
    parser.add_argument("--steady", default="5m", help="length of the steady loads (default: 5m)")
    parser.add_argument("--work", type=Path, default=ROOT / "build/loads", metavar="FOLDER")
    parser.add_argument(
        "--sides", type=Path, default=ROOT / ".cache/before_after", metavar="FOLDER"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "reports/load.json")
    arguments = parser.parse_args(argv)
    reference = os.environ.get("REFERENCE")
    every = cases(
        arguments.steady, arguments.soak, Path(reference) if reference else None, arguments.sides
    )
    if arguments.list:
        for name, case in every.items():
            say(f"{name:<22} {case.title}")
        return Exit.OK
    for name in () if arguments.collect else arguments.names or every:
        if name not in every:
            raise CommandError(f"there is no load {name!r}; `--list` names them.")
        _run(name, every[name], arguments.work)
    write_report(arguments.out, _report(arguments.work, every))
    return Exit.OK


def _run(name: str, case: Case, work: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "loadtests",
        *case.arguments,
        "--out",
        str(work / name),
        "--json",
    ]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout:
        raise CommandError(f"{name}: `{' '.join(command)}` ended with {done.returncode}.")
    found = json.loads(done.stdout)
    say(f"{name}: {found['verdict']} (exit {done.returncode}); {'; '.join(found['why'])}")


def _report(work: Path, every: Mapping[str, Case]) -> dict[str, Any]:
    """Every run that is in the work folder, in the order of the list."""
    found = {
        name: json.loads((work / name / "load.json").read_text("utf-8"))
        for name in every
        if (work / name / "load.json").exists()
    }
    return {
        "schema": 1,
        "command": "python -m bench.loads",
        "machine": machine(),
        "versions": next(iter(found.values()))["versions"] if found else {},
        "content": {"paths": SERVICE, "sha256": content_sha256(ROOT, SERVICE)},
        "runs": 1,
        "loads": {name: _kept(every[name], one) for name, one in found.items()},
        "not_run": [name for name in every if name not in found],
    }


def _kept(case: Case, found: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in found.items() if name not in DROPPED}
    return {"title": case.title, "measured": found["machine"]["measured"], **kept}


if __name__ == "__main__":
    raise SystemExit(main())
