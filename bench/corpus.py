"""`python -m bench.corpus DIR`: convert and verify every checkout in a folder; print one table.

Each sub-folder of DIR is a repository. It is converted into a copy by the same command as `make
migrate`, in a process of its own, and neither DIR nor this project is written to. Beside the verdict
the run checks for itself that the original kept every byte, that each edit is one that a note
explains, that what parsed still parses, and that a second run has nothing to do. Exit code 1 when one
of these fails or a conversion crashed; a refusal is a result.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.corpus_checks import digest, origin, unexplained, unparsable
from bench.corpus_table import CHECKS, outcome, terminal_table
from bench.machine import machine, versions
from bench.output import say, write_report
from vectorstore.commandline import CommandError, Exit, run

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 1800
BUG = (
    "a bug of ours"  # what a command says when it crashes; installers print tracebacks of their own
)


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.corpus", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds the checkouts, one sub-folder each")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="only this one (repeatable)"
    )
    parser.add_argument("--no-verify", action="store_true", help="convert only")
    parser.add_argument("--work", type=Path, help="keep copies, reports and logs there")
    parser.add_argument("--out", type=Path, help="write the report there, as JSON")
    arguments = parser.parse_args(argv)
    checkouts = list(_checkouts(arguments.folder, arguments.only))
    with tempfile.TemporaryDirectory(prefix="fit512-corpus-") as scratch:
        work = (arguments.work or Path(scratch)).absolute()
        rows = [_row(path, work / path.name, arguments.no_verify) for path in checkouts]
    say(terminal_table(rows))
    if arguments.out:
        write_report(arguments.out, _report(rows))
    return int(Exit.OK if all(row["checks"][c] for row in rows for c in CHECKS) else Exit.NO)


def _checkouts(folder: Path, only: Sequence[str] | None) -> Iterator[Path]:
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder. Name the one that holds the checkouts.")
    found = sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    unknown = set(only or ()) - {path.name for path in found}
    if unknown or not found:
        missing = ", ".join(sorted(unknown)) or "any checkout"
        raise CommandError(f"{folder} does not hold {missing}.")
    yield from (path for path in found if not only or path.name in only)


def _row(checkout: Path, work: Path, convert_only: bool) -> dict[str, Any]:
    """Convert one repository; everything that was seen."""
    say(f"{checkout.name} …")
    before, started = digest(checkout), time.monotonic()
    copy = work / "copy"
    options = ["--out", str(copy), "--reports", str(work), "--json"]
    done = _migrate("run", checkout, work, *options, *(["--no-verify"] if convert_only else []))
    report = _json(done.stdout)
    again = _migrate("check", copy, work / "again", "--json") if report else None
    row = {
        "repository": checkout.name,
        "origin": origin(checkout),
        "exit_code": done.returncode,
        "seconds": round(time.monotonic() - started, 1),
        "outcome": outcome(report),
        "report": _short(report),
        "second_run": _short(_json(again.stdout)) if again else None,
        "unexplained": unexplained(checkout, copy, report["notes"]) if report else [],
        "unparsable": unparsable(checkout, copy) if report else [],
    }
    row["checks"] = {
        "no crash": report is not None and BUG not in done.stderr,
        "original untouched": digest(checkout) == before,
        "edits explained": not row["unexplained"],
        "parses": not row["unparsable"],
        "second run clean": again is not None and again.returncode == 0,
    }
    return row


def _migrate(
    command: str, path: Path, work: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run one command of tools.migrate; what it says is kept in `work`."""
    work.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "tools.migrate", command, str(path.absolute()), *options]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, cwd=ROOT, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{path.name}: not done after {error.timeout:.0f} s") from error
    (work / f"{command}.log").write_text(done.stderr, "utf-8")
    return done


def _json(text: str) -> dict[str, Any] | None:
    try:
        return dict(json.loads(text))
    except ValueError:
        return None


def _short(report: dict[str, Any] | None) -> dict[str, Any] | None:
    """What of a report of tools.migrate belongs in this one."""
    if report is None:
        return None
    return {key: report[key] for key in ("changed", "files", "notes", "verify")}


def _report(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schema": 1,
        "command": "python -m bench.corpus DIR",
        "machine": machine(),
        "versions": versions(("libcst", "onnxruntime", "packaging", "uv")),
        "rows": list(rows),
    }


if __name__ == "__main__":
    raise SystemExit(main())
