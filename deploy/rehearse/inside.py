"""`python -m deploy.rehearse.inside SPEC RESULT`: start the app in its limit, check, ask and stop it.

A process of its own, so that it can be in a network of its own with the app and the model API.
"""

from __future__ import annotations

import ctypes
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from deploy.rehearse import visit
from deploy.rehearse.building import Stopped, last_lines
from deploy.rehearse.spec import Result, Spec
from tools import limits
from tools.limits import Limited

PR_SET_PDEATHSIG = 1  # linux/prctl.h
POLL_S = 0.2
ANSWER_S = 30.0  # to the first byte, Heroku's limit and the shortest of the three
SESSION_S = 120.0  # a page is filled piece by piece, long after its first byte
STAYS_S = 10.0


def main(argv: Sequence[str]) -> int:
    if sys.platform == "linux":  # nothing is left when the rehearsal itself is killed
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    spec = Spec(**json.loads(Path(argv[0]).read_text("utf-8")))
    result = Result()
    with limits.upstream() as upstream, limits.redirect(upstream.base_url) as redirect:
        try:
            _play(spec, {**spec.environment, **redirect.env}, result)
        except Stopped as stopped:
            result.error = str(stopped)
    Path(argv[1]).write_text(json.dumps(asdict(result)), "utf-8")
    return 0


def _play(spec: Spec, environment: dict[str, str], result: Result) -> None:
    with (
        open(spec.log, "wb") as log,
        limits.start(
            spec.command,
            limit_mib=spec.limit_mib,
            cwd=spec.folder,
            env=environment,
            cold=[Path(path) for path in spec.cold],
            stdout=log,
            stderr=log,
        ) as app,
    ):
        result.enforcement = str(app.enforcement)
        result.warnings += [app.warning] if app.warning else []
        try:
            _visit(spec, app, result)
            _stop(spec, app, result)
        finally:
            peak = app.peak()
            result.working_set_mib, result.rss_mib = peak.working_set_mib, peak.rss_mib
            result.oom_killed = app.oom_killed


def _visit(spec: Spec, app: Limited, result: Result) -> None:
    deadline = app.started_s + spec.ready_s
    while not _ready(spec, result):
        if app.poll() is not None:
            raise Stopped(f"it ended with {app.poll()}: {last_lines(Path(spec.log))}")
        if result.health == visit.REFUSED:
            _answers_to(spec, spec.check_name)
        if time.monotonic() > deadline:
            raise Stopped(_late(spec, result))
        time.sleep(POLL_S)
    result.ready_s = round(time.monotonic() - app.started_s, 2)
    if spec.port is None:
        _stay(app, spec)
    elif spec.session:
        result.session, wrong = visit.session(spec.session, SESSION_S)
        if wrong:
            raise Stopped(f"the page shows: {wrong}")
    else:
        _answers_to(spec, spec.public_name)
        result.chat = visit.chat(spec.port, spec.question, spec.public_name, ANSWER_S)


def _answers_to(spec: Spec, name: str) -> None:
    """A name that the app refuses it refuses for good: no host's patience helps."""
    asked = (visit.status(spec.port or 0, spec.page, n, ANSWER_S) for n in (name, "localhost"))
    if next(asked) == visit.REFUSED and next(asked) != visit.REFUSED:
        raise Stopped(
            f"it answers 400 to whoever asks for {name}, and not to localhost: add the name"
        )


def _stay(app: Limited, spec: Spec) -> None:
    """What listens to no port says nothing when it is up: it has to go on running."""
    code = app.wait(STAYS_S)
    if code is not None:
        raise Stopped(f"it ended with {code}: {last_lines(Path(spec.log))}")


def _ready(spec: Spec, result: Result) -> bool:
    if spec.port is None:
        return True
    if not visit.is_open(spec.port):
        return False
    if spec.path is None:
        return True
    result.health = visit.status(spec.port, spec.path, spec.check_name, spec.answer_s)
    return result.health in spec.statuses


def _late(spec: Spec, result: Result) -> str:
    if spec.port and not visit.is_open(spec.port) and visit.is_open(spec.port, "127.0.0.1"):
        return "it listens on 127.0.0.1 alone, which no host can reach: bind 0.0.0.0"
    if spec.path is None or result.health is None:
        return f"nothing answered on port {spec.port} within {spec.ready_s:g} s"
    return f"{spec.path} still answered {result.health} after {spec.ready_s:g} s"


def _stop(spec: Spec, app: Limited, result: Result) -> None:
    began = time.monotonic()
    result.exit_code = app.stop(spec.grace_s)
    result.stop_s = round(time.monotonic() - began, 2)
    if result.exit_code == -signal.SIGKILL and not app.oom_killed:
        raise Stopped(f"it still ran {spec.grace_s:g} s after SIGTERM and was killed")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
