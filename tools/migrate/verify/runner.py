"""Run inside the cut-off network: start the app in its limit, visit it, write figures.

`python -m tools.migrate.verify.runner SPEC.json RESULT.json`; a process of its own, so that it can
be put into a network namespace together with the app and the local upstream.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from tools import limits
from tools.limits import Limited, Upstream
from tools.migrate.verify.load import ask_questions, memory
from tools.migrate.verify.sessions import open_session
from tools.migrate.verify.spec import Result, Spec
from tools.migrate.verify.visitors import Failure, Visitors, last_lines

UPSTREAM_LATENCY_MS = 50
COMMAND_TIMEOUT_S = 300
TORCH_MISSED = re.compile(r"No module named '(torch|sentence_transformers|transformers)[\w.]*'")
STORE_ERROR = re.compile(r"\bStoreError: .*")
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(argv: Sequence[str]) -> int:
    if sys.platform == "linux":  # nothing is left behind when the verification itself is killed
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    spec = Spec(**json.loads(Path(argv[0]).read_text("utf-8")))
    result = Result()
    try:
        run(spec, result)
    except Failure as failure:
        result.error = str(failure)
    Path(argv[1]).write_text(json.dumps(asdict(result)), "utf-8")
    return 0


def run(spec: Spec, result: Result) -> None:
    """Fill `result` as `spec` says; raise Failure where it ends early."""
    with ExitStack() as stack:
        upstream = stack.enter_context(limits.upstream(latency_ms=UPSTREAM_LATENCY_MS))
        redirect = stack.enter_context(limits.redirect(upstream.base_url))
        environment = {**spec.environment, **redirect.env}
        log = stack.enter_context(open(spec.log, "wb"))
        try:
            for command in spec.commands:
                _run_to_end(command, spec, environment, log, result)
            if spec.server:
                _serve(spec, environment, log, upstream, result)
        finally:
            result.hosts = sorted(redirect.hosts())
            logged = Path(spec.log).read_text("utf-8", errors="replace")
            missed, store = TORCH_MISSED.search(logged), STORE_ERROR.search(logged)
            result.torch_missed = missed.group() if missed else None
            result.store_error = store.group() if store else None


def _start(
    command: Sequence[str], spec: Spec, environment: dict[str, str], log: BinaryIO
) -> Limited:
    return limits.start(
        command,
        limit_mib=spec.limit_mib,
        cwd=Path(spec.folder),
        env=environment,
        cold=[Path(path) for path in spec.cold],
        stdout=log,
        stderr=log,
    )


def _run_to_end(
    command: Sequence[str], spec: Spec, environment: dict[str, str], log: BinaryIO, result: Result
) -> None:
    what = " ".join(Path(word).name for word in command if not word.endswith(".json"))
    with _start(command, spec, environment, log) as app:
        code = app.wait(COMMAND_TIMEOUT_S)
        result.enforcement, result.warning = str(app.enforcement), app.warning
        if app.oom_killed:
            result.oom_killed = True
            raise Failure(f"`{what}` was killed for memory")
    if code is None:
        raise Failure(f"`{what}` had not ended after {COMMAND_TIMEOUT_S} s")
    if code:
        raise Failure(f"`{what}` ended with {code}: {last_lines(Path(spec.log))}")


def _serve(
    spec: Spec, environment: dict[str, str], log: BinaryIO, upstream: Upstream, result: Result
) -> None:
    with _start(spec.server, spec, environment, log) as app:
        result.enforcement, result.warning = str(app.enforcement), app.warning
        visitors = Visitors(spec, app)
        try:
            visitors.wait_until_ready()
            result.ready_s = round(time.monotonic() - app.started_s, 2)
            result.memory["at rest"] = memory(app)
            _visit(spec, visitors, app, upstream, result)
        finally:
            result.memory["peak"] = memory(app, peak=True)
            result.oom_killed = app.oom_killed
            result.asked, result.answered = visitors.asked, visitors.answered
            result.questions = len(set(spec.questions))


def _visit(
    spec: Spec, visitors: Visitors, app: Limited, upstream: Upstream, result: Result
) -> None:
    if spec.probe:
        ask_questions(visitors, spec.questions, app, upstream, result)
        return
    for path in spec.pages:
        result.pages[path] = visitors.open(path)
    result.memory["after the pages"] = memory(app)
    if spec.session:
        open_session(spec, visitors, result)
        result.memory["after a session"] = memory(app)
        result.upstream_requests = upstream.count()


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    raise SystemExit(main(sys.argv[1:]))
