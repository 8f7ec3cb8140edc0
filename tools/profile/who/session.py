"""One run of an app that nothing is timed of: to see whose its memory is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from tools.limits import Limited
from tools.limits.free_port import free_port
from tools.profile.client import ask_all, repeat, visitors
from tools.profile.passing import await_door
from tools.profile.plan import Plan
from tools.profile.ready import Ended, check_alive
from tools.profile.started import started

_REQUESTS = 40  # enough to have touched everything; memray makes each slow
_PATIENCE = 5.0  # times as long as a run that is measured may take


def run_once(
    plan: Plan, variables: Mapping[str, str], look: Callable[[Limited], None]
) -> Mapping[str, float]:
    """Start the app with more environment variables, ask it, call `look` while it runs, and end it.

    Returns the time.time() at which each stage ended. Raises Ended.
    """
    port = free_port()
    effort = plan.effort
    subject = plan.subject.with_variables(variables)
    with started(subject, port, plan.upstream, None, subject.data_folders()) as run:
        deadline_s = run.app.started_s + _PATIENCE * effort.ready_within_s
        door = await_door(run, plan.door_at(port), deadline_s)
        with visitors(door.address, effort.at_a_time, _PATIENCE * effort.answer_within_s) as asking:
            requests = repeat(plan.asked.requests, min(effort.requests, _REQUESTS))
            load = ask_all(asking, requests, lambda: run.app.poll() is None)
        check_alive(run.app, "load")
        if load.hung:
            raise Ended("load", "nobody was answered any more", alive=True)
        run.marks.take("load")
        look(run.app)
        begun_s = time.time() - (time.monotonic() - run.app.started_s)
        stages = run.marks.stages()
    return {name: begun_s + mark.at_ms / 1000 for name, mark in stages.items()}
