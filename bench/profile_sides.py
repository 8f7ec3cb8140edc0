"""`python -m bench.profile_sides CHECKOUT`: what each stage takes, of our service and of both others.

CHECKOUT is the reference repository, as for `bench.before_after`, whose environments are used. Each
side is measured by `python -m tools.profile run`, in a limit that is roomy enough for torch, so that
the kernel counts its working set. Writes reports/profile_sides.json: the figures of the stages and
whose the memory is, without timelines.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.machine import machine
from bench.output import say, write_report
from bench.service import ROOT
from bench.sides import REPOSITORY, Side, make
from tools.profile.gate.causes import causes
from tools.profile.result import Profile
from vectorstore.commandline import CommandError, Exit, run

NAMES = ("service-upstream", "converted", "legacy")
LIMIT, LOAD, CAUSES = "8GiB", 100, 8
KEPT = ("limit_mib", "enforcement", "ready_path", "peak", "stages", "load", "unstable")
# Of a stage and of the peak; the rest is in the profile that the command itself writes.
FIGURES = ("at_ms", "rss_mib", "anonymous_mib", "file_mib", "working_set_mib", "high_water_mib")


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.profile_sides", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.profile_sides", description=__doc__)
    parser.add_argument("checkout", type=Path, help="the reference repository")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default: 3)")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache/before_after", metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/profile_sides.json")
    arguments = parser.parse_args(argv)
    made = {
        side.name: side
        for side in make(arguments.checkout.resolve(), arguments.work.resolve(), say)
    }
    sides = [made[name] for name in NAMES]
    measured = [{**_described(side), **slim(_profile(side, arguments.runs))} for side in sides]
    write_report(arguments.out, _report(measured, arguments.runs))
    return Exit.OK


def _profile(side: Side, runs: int) -> dict[str, Any]:
    """What `tools.profile run` says of one side. Raises CommandError."""
    say(f"measuring {side.title}")
    words = ["run", "--json", "--limit", LIMIT, "--load", str(LOAD)]
    words += ["--runs", str(runs), "--health", side.ready_path, "--python", str(side.python)]
    words += ["--cwd", str(side.folder), *(["--redirect"] if side.redirected else [])]
    start = ["python", *(word.replace("{port}", "$PORT") for word in side.arguments)]
    done = subprocess.run(
        [sys.executable, "-m", "tools.profile", *words, "--", *start],
        cwd=ROOT,
        env=_environment(side.environment),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"{side.title}: was not measured; it says above why.")
    profile: dict[str, Any] = json.loads(done.stdout)
    if profile["requests"]["first"]["method"] != "POST":
        raise CommandError(f"{side.title}: was not asked a question; it says above why.")
    return profile


def _environment(chosen: Mapping[str, str]) -> dict[str, str]:
    """This process's without our own packages and keys; the command gives the model API itself."""
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**own, **{name: text for name, text in chosen.items() if text != "{upstream}"}}


def _described(side: Side) -> dict[str, Any]:
    return {"name": side.name, "title": side.title, "packages": side.packages()}


def slim(profile: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a profile that are compared."""
    found = {name: profile[name] for name in KEPT}
    found["peak"] = _chosen(profile["peak"])
    found["stages"] = [
        {"name": stage["name"], "seen": stage["seen"], **_chosen(stage)}
        for stage in profile["stages"]
    ]
    found["causes"] = [asdict(cause) for cause in causes(Profile.from_json(profile))[:CAUSES]]
    return found


def _chosen(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: figures[name] for name in FIGURES if name in figures}


def _report(measured: Sequence[Mapping[str, Any]], runs: int) -> dict[str, Any]:
    return {
        "schema": 1,
        "command": f"python -m bench.profile_sides CHECKOUT --runs {runs}",
        "repository": REPOSITORY,
        "machine": machine(),
        "runs": runs,
        "requests": LOAD,
        "sides": measured,
    }


if __name__ == "__main__":
    raise SystemExit(main())
