"""`python -m bench.profile_overhead`: what `tools.profile` itself costs while it measures.

The chat service is started, with and without the harness, alternately, on warm files: the time until
its first 200. Once it is ready under the harness it is left alone for some seconds, in which the
harness's own processor time is its sampling. Writes reports/profile_overhead.json; exit code 1 when
sampling takes 2 % of a core or more, or the start-up times differ by more than 5 %.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.machine import machine, versions
from bench.output import say, write_report
from bench.service import MODEL, ROOT, STORE
from bench.summary import summarize
from tools.limits.free_port import free_port
from tools.profile.client import Request, ask
from tools.profile.ports import Address
from tools.profile.ready import Door, await_listening, await_ready
from tools.profile.started import started
from tools.profile.subject import Subject
from vectorstore.commandline import CommandError, Exit, run

LIMIT_MIB = 512.0
READY_WITHIN_S, POLL_S, IDLE_S = 60.0, 0.005, 10.0
MOST_OF_A_CORE, MOST_LATER = 0.02, 0.05


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.profile_overhead", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.profile_overhead", description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="pairs of starts (default: 10)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/profile_overhead.json")
    arguments = parser.parse_args(argv)
    subject = Subject.of([sys.executable, "-m", "service"], ROOT).with_variables(
        {"MODEL_DIR": str(MODEL), "STORE_DIR": str(STORE), "CHAT_ENGINE": "extractive"}
    )
    _plainly(subject)  # warms the files
    measured = []
    for number in range(arguments.runs):
        # Each goes first every other time: the one behind finds the caches warmer.
        order = (_plainly, _measured) if number % 2 else (_measured, _plainly)
        found = {name: value for part in order for name, value in part(subject).items()}
        found["ratio"] = found["harness_ready_s"] / found["plain_ready_s"]
        measured.append(found)
        say(f"run {number + 1}: {_line(found)}")
    report = _report(measured, arguments.runs)
    write_report(arguments.out, report)
    for line in report["verdict"]:
        say(line)
    return Exit.OK if all(line.startswith("ok") for line in report["verdict"]) else Exit.NO


def _plainly(subject: Subject) -> dict[str, float]:
    """A start with nobody looking but the one who waits."""
    port = free_port()
    begun_s = time.monotonic()
    with subprocess.Popen(
        subject.command,
        cwd=subject.folder,
        env=subject.variables(port, None),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # as under the harness: Linux shares out a busy core by session
    ) as process:
        try:
            while ask(Address("127.0.0.1", port), Request("GET", "/ready"), 10.0) != 200:
                if process.poll() is not None or time.monotonic() > begun_s + READY_WITHIN_S:
                    raise CommandError("the service was not ready.")
                time.sleep(POLL_S)
            return {"plain_ready_s": time.monotonic() - begun_s}
        finally:
            process.kill()


def _measured(subject: Subject) -> dict[str, float]:
    """The same under the harness, and the share of a core that its sampling takes afterwards."""
    port = free_port()
    address = Address("127.0.0.1", port)
    begun_s = time.monotonic()
    with started(subject, port, None, LIMIT_MIB, subject.data_folders()) as run:
        await_listening(run.app, address, begun_s + READY_WITHIN_S)
        run.marks.take("listening")
        await_ready(run.app, Door(address, "/ready", "/health"), begun_s + READY_WITHIN_S)
        ready_s = time.monotonic() - run.app.started_s
        spent, clock = time.process_time(), time.monotonic()
        time.sleep(IDLE_S)
        share = (time.process_time() - spent) / (time.monotonic() - clock)
    return {"harness_ready_s": ready_s, "share_of_a_core": share}


def _line(found: dict[str, float]) -> str:
    return (
        f"ready after {found['plain_ready_s']:.3f} s, {found['harness_ready_s']:.3f} s measured;"
        f" sampling {found['share_of_a_core']:.2%} of a core"
    )


def _report(measured: Sequence[dict[str, float]], runs: int) -> dict[str, Any]:
    figures = summarize(measured)
    return {
        "schema": 1,
        "command": f"python -m bench.profile_overhead --runs {runs}",
        "machine": machine(),
        "versions": versions(),
        "runs": runs,
        "idle_s": IDLE_S,
        "figures": figures,
        "verdict": [
            _judge(
                "sampling, share of a core", figures["share_of_a_core"]["median"], MOST_OF_A_CORE
            ),
            _judge(
                "start-up, measured to plain, off 1 by",
                abs(figures["ratio"]["median"] - 1),
                MOST_LATER,
            ),
        ],
    }


def _judge(name: str, value: float, most: float) -> str:
    return f"{'ok' if value <= most else 'missed'}: {name}: {value:.2%} (at most {most:.0%})"


if __name__ == "__main__":
    raise SystemExit(main())
