"""An app on its way through the stages: it listens, is ready, answers first, and then a load."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from tools.limits.procfs import processor_s
from tools.profile.client import Load, Request, Visitor, ask, ask_all, repeat, visitors
from tools.profile.plan import Effort, Plan
from tools.profile.ready import Door, Ended, await_listening, await_ready, check_alive
from tools.profile.started import Started
from tools.profile.still import await_still
from tools.profile.told_times import Times

_REST_S = 1.0  # after the load, before `after` is read


def pass_through(run: Started, door: Door, plan: Plan) -> Load:
    """Take the marks of all stages. Raises Ended, in a stage as fine as can be seen."""
    effort = plan.effort
    deadline_s = run.app.started_s + effort.ready_within_s
    requests = repeat(plan.asked.requests, effort.requests + 1)
    try:
        door = await_door(run, door, deadline_s)
    except Ended as ended:
        ended.stage = run.marks.reached(ended.stage)
        raise
    _first_request(run, door, requests[0], effort)
    before_s, told = processor_s(run.app.pids()), Times.of(door.address)
    with visitors(door.address, effort.at_a_time, effort.answer_within_s) as asking:
        load = ask_load(run, asking, requests[1:], effort)
    load.processor_s = processor_s(run.app.pids()) - before_s
    load.told_ms = Times.of(door.address).since(told)
    run.marks.take("load")
    check_alive(run.app, "load")
    if load.hung:
        waited = f"nobody was answered for {effort.answer_within_s:g} s"
        raise Ended("load", f"{load.answered} of {load.asked} were, then {waited}", alive=True)
    time.sleep(_REST_S)
    _await_rest(run, time.monotonic() + effort.ready_within_s)
    run.marks.take("after")
    check_alive(run.app, "after")
    return load


def await_door(run: Started, expected: Door, deadline_s: float) -> Door:
    """Wait until the app listens and is ready, and mark both; where it does so. Raises Ended.

    Of one with several processes, too, until all have loaded: one that answers is enough to be ready.
    """
    address = await_listening(run.app, expected.address, deadline_s)
    run.marks.take("listening")
    had = set(run.app.pids())
    door = await_ready(run.app, replace(expected, address=address), deadline_s)
    run.marks.take("ready")
    if set(run.app.pids()) - had:
        run.marks.listened_for_others()
    if len(run.app.pids()) > 1:
        _await_rest(run, deadline_s)
        check_alive(run.app, "workers")
        run.marks.take("workers")
    return door


def _await_rest(run: Started, deadline_s: float) -> None:
    if not await_still(run.app, deadline_s):
        run.marks.restless = True


def ask_load(
    run: Started, asking: Sequence[Visitor], requests: Sequence[Request], effort: Effort
) -> Load:
    """Ask as long as the app lives and there is time."""
    until_s = time.monotonic() + effort.load_within_s
    app = run.app
    return ask_all(
        asking,
        requests,
        lambda: time.monotonic() < until_s and app.poll() is None and not app.oom_killed,
    )


def _first_request(run: Started, door: Door, request: Request, effort: Effort) -> None:
    status = ask(door.address, request, effort.answer_within_s)
    check_alive(run.app, "first_request")
    if status is None:
        raise Ended("first_request", f"{request.method} {request.path} got no answer", alive=True)
    run.marks.take("first_request")
