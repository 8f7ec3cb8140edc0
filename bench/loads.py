"""`python -m bench.loads [NAME…]`: the load tests whose figures docs/loadtests.md shows.

Each is one `python -m loadtests` on a cold cache. What each came to is kept in the work folder with a
hash of what was loaded, and reports/load.json is made of all that is there, and of what it held of
the others. `--list` names them. With REFERENCE=checkout of the reference repository (see
bench.before_after) it and its converted copy are loaded, too.
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

from bench.load_cases import REFERENCE, Case, Loaded, cases
from bench.machine import machine, versions
from bench.output import say, write_report
from bench.service import ROOT
from tools.limits.content import content_sha256
from vectorstore.commandline import CommandError, Exit, run

# Curves stay in the work folder.
DROPPED = ("series", "compared", "machine", "schema", "command", "target", "interrupted_after_s")
QUIET = 0.5  # load average
CASE = "case.json"  # beside load.json: what was run, as it was then


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
    names = [] if arguments.collect else arguments.names or list(every)
    if names and os.getloadavg()[0] > QUIET:
        say(f"warning: load average {os.getloadavg()[0]:.2f}: others make the times longer.")
    for name in names:
        _run(name, _case(name, every), arguments.work)
    write_report(arguments.out, _report(arguments.out, arguments.work, every))
    return Exit.OK


def _case(name: str, every: Mapping[str, Case]) -> Case:
    if name in every:
        return every[name]
    if name in REFERENCE:
        raise CommandError(f"{name} needs REFERENCE=checkout of the reference repository.")
    raise CommandError(f"there is no load {name!r}; `--list` names them.")


def _run(name: str, case: Case, work: Path) -> None:
    out = work / name
    command = [sys.executable, "-m", "loadtests", *case.arguments, "--out", str(out), "--json"]
    ran = {"title": case.title, "loaded": _what(case.loaded)}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as load:
        try:
            told, _ = load.communicate()
        except KeyboardInterrupt:  # it got the same, and ends the service and the load first
            load.communicate()
            raise
    if not told or load.returncode not in (Exit.OK, Exit.NO, Exit.ERROR):
        raise CommandError(f"{name}: `{' '.join(command)}` ended with {load.returncode}.")
    write_report(out / CASE, ran)
    found = json.loads(told)
    say(f"{name}: {found['verdict']} (exit {load.returncode}); {'; '.join(found['why'])}")


def _what(loaded: Loaded) -> dict[str, Any]:
    """What was loaded, so that a reader can tell whether two loads were of the same."""
    sha256 = content_sha256(loaded.root, loaded.paths)
    about = {"name": loaded.name, "paths": list(loaded.paths), "sha256": sha256}
    return {**about, "packages": dict(loaded.packages)}


def _report(out: Path, work: Path, every: Mapping[str, Case]) -> dict[str, Any]:
    """Every run that is in the work folder, in the order of the list; the last report's of the others."""
    last = (_read(out) or {"loads": {}})["loads"]
    runs = {name: _kept(case, work / name) for name, case in every.items()}
    names = dict.fromkeys([*every, *REFERENCE])
    loads = {name: runs.get(name) or last.get(name) for name in names}
    return {
        "schema": 2,
        "command": "python -m bench.loads",
        "machine": machine(),
        "versions": versions(("locust", "gevent")),
        "runs": 1,
        "loads": {name: load for name, load in loads.items() if load},
        "not_run": [name for name, load in loads.items() if not load],
    }


def _kept(case: Case, folder: Path) -> dict[str, Any] | None:
    """What one run came to; None where it was not run, or not to its end."""
    found = _read(folder / "load.json")
    if found is None or found["verdict"] == "interrupted":
        return None
    kept = {name: value for name, value in found.items() if name not in DROPPED}
    ran = _read(folder / CASE) or {"title": case.title, "loaded": None}
    return {**ran, "measured": found["machine"]["measured"], **kept}


def _read(file: Path) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(file.read_text("utf-8")) if file.exists() else None
    return found


if __name__ == "__main__":
    raise SystemExit(main())
