"""`python -m bench.freed`: what it is worth that freed memory goes back, and long questions wait.

Two visitors ask questions of 256 tokens and more, as fast as they are answered: the service as it is;
with large freed blocks kept, as glibc does by itself; with two long questions embedded at a time; and
with both. Each run is a fresh process without a limit, the four alternately. Told are the working set
at rest, how far its peak was above that, and what stayed. Writes reports/freed.json.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.load import ask
from bench.machine import SERVICE_CODE, content, machine, versions
from bench.output import say, write_report
from bench.service import ROOT, serving
from bench.summary import summarize
from vectorstore.commandline import Exit, run

LONG = "Where is the parcel that I ordered a week ago, and why does nobody answer my mails? "
QUESTIONS, CHARACTERS, AT_A_TIME = 60, 1900, 2
REST_S = 1.0
KEPT = "from service import parts; parts.keep_no_large_blocks = lambda: None"
AT_ONCE = "from service import embed_queue; embed_queue.LONG_BYTES = 1 << 20"
START = "import runpy; runpy.run_module('service', run_name='__main__')"
SIDES = {
    "as it is": (),
    "large blocks kept": (KEPT,),
    "two long questions at a time": (AT_ONCE,),
    "both": (KEPT, AT_ONCE),
}


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.freed", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.freed", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each side (default: 3)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/freed.json")
    arguments = parser.parse_args(argv)
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in SIDES}
    for _ in range(arguments.runs):
        for name, changes in SIDES.items():
            measured[name].append(_measure(changes))
            say(f"{name}: {measured[name][-1]}")
    report = {
        "schema": 1,
        "command": f"python -m bench.freed --runs {arguments.runs}",
        "machine": machine(),
        "versions": versions(),
        "content": content(SERVICE_CODE),
        "runs": arguments.runs,
        "questions": QUESTIONS,
        "characters": CHARACTERS,
        "at_a_time": AT_A_TIME,
        "sides": {name: summarize(found) for name, found in measured.items()},
    }
    write_report(arguments.out, report)
    return Exit.OK


def _measure(changes: Sequence[str]) -> dict[str, float]:
    command = [sys.executable, "-c", "; ".join([*changes, START]), "--port", "{port}"]
    with serving(None, command, CACHE_MIB="0", LOG_LEVEL="warning") as (service, port):
        time.sleep(REST_S)
        rest_mib = service.read().anonymous_mib or 0.0
        asked = [f"{number} {LONG * CHARACTERS}"[:CHARACTERS] for number in range(QUESTIONS)]
        load = ask(port, asked, sessions=QUESTIONS, at_a_time=AT_A_TIME)
        time.sleep(REST_S)
        return {
            "rest_mib": rest_mib,
            "peak_above_rest_mib": (service.peak().anonymous_mib or 0.0) - rest_mib,
            "stayed_mib": (service.read().anonymous_mib or 0.0) - rest_mib,
            "not_answered": float(load.asked - load.answered),
        }


if __name__ == "__main__":
    raise SystemExit(main())
